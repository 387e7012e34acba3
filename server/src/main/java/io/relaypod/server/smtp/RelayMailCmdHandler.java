package io.relaypod.server.smtp;

import java.util.Optional;

import javax.inject.Inject;

import org.apache.james.core.MaybeSender;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Request;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.smtpserver.JamesMailCmdHandler;

/**
 * James' MAIL, which refuses a sender that could not be sent on, and leaves a transaction as it is when MAIL comes a second time. James
 * forgets the sender then and keeps the recipients, for whatever sender comes third.
 */
public final class RelayMailCmdHandler extends JamesMailCmdHandler {

    private static final Response NESTED = new SMTPResponse("503", "5.5.1 Sender already specified").immutable();
    private static final Response UNSENDABLE = new SMTPResponse("553", "5.1.7 Bad sender's mailbox address syntax").immutable();

    @Inject
    public RelayMailCmdHandler(MetricFactory metrics, DomainList domains) {
        super(metrics, domains);
    }

    @Override
    public Response onCommand(SMTPSession session, Request request) {
        return session.getAttachment(SMTPSession.SENDER, State.Transaction).isPresent() ? NESTED : super.onCommand(session, request);
    }

    @Override
    protected Response doFilterChecks(SMTPSession session, String command, String parameters) {
        // James' way to say that nothing is wrong is null.
        return Optional.ofNullable(super.doFilterChecks(session, command, parameters)).or(() -> refusal(session)).orElse(null);
    }

    private static Optional<Response> refusal(SMTPSession session) {
        return session.getAttachment(SMTPSession.SENDER, State.Transaction).flatMap(MaybeSender::asOptional)
            .filter(sender -> !SendableAddress.is(sender))
            .map(unsendable -> UNSENDABLE);
    }
}
