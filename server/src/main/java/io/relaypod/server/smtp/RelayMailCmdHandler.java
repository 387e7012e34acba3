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
 * James' MAIL, which refuses a sender that could not be sent on.
 *
 * <p>While no recipient is accepted a second MAIL begins anew, as RSET would: client libraries give a mail up when its recipients are refused,
 * and not all of them say RSET before the next. With an accepted recipient the transaction stays as it is. James forgets the sender then and
 * keeps the recipients, for whatever sender comes third.
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
        if (session.getAttachment(SMTPSession.SENDER, State.Transaction).isPresent()) {
            if (session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction).isPresent()) {
                return NESTED;
            }
            session.resetState();
        }
        return super.onCommand(session, request);
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
