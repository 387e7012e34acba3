package io.relaypod.server.smtp;

import java.util.Optional;
import javax.inject.Inject;

import io.relaypod.deliverability.DeliverabilityCheck;
import io.relaypod.deliverability.GraphRules;
import io.relaypod.deliverability.MailRefusal;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.mailets.SmtpTransaction;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.DataLineFilter;

/**
 * Refuses at the end of data what Mailpit or smtp2graph would refuse for ever, or keep and never send; docs/graph.md
 * lists it. So it does what the session's login may not send. Thread-safe.
 */
public final class DeliverabilityFilter implements DataLineFilter {

    private static final AttachmentKey<DeliverabilityCheck> REVIEW =
            AttachmentKey.of("relaypod.mailReview", DeliverabilityCheck.class);

    private final GraphRules rules;
    private final LoginRules logins;
    private final MailEventPublisher events;

    @Inject
    public DeliverabilityFilter(GraphRules rules, LoginRules logins, MailEventPublisher events) {
        this.rules = rules;
        this.logins = logins;
        this.events = events;
    }

    @Override
    public Response onLine(SMTPSession session, byte[] line, LineHandler<SMTPSession> next) {
        DeliverabilityCheck review =
                session.getAttachment(REVIEW, State.Transaction).orElseGet(() -> begin(session));
        if (!MessageSizeLimit.isEndOfData(line)) {
            review.line(MessageSizeLimit.unstuffed(line));
            return next.onLine(session, line);
        }
        SmtpTransaction transaction = SmtpTransaction.of(session);
        Optional<MailRefusal> refusal = review.verdict(transaction.sender(), transaction.recipients())
                .or(() -> logins.refusal(session, review));
        return refusal.isPresent() ? refuse(session, refusal.get()) : next.onLine(session, line);
    }

    private DeliverabilityCheck begin(SMTPSession session) {
        DeliverabilityCheck review = new DeliverabilityCheck(rules);
        session.setAttachment(REVIEW, review, State.Transaction);
        return review;
    }

    /** The Message-ID of the mail that the session's transaction has sent; empty when it has none. */
    static String messageId(SMTPSession session) {
        return session.getAttachment(REVIEW, State.Transaction)
                .map(DeliverabilityCheck::messageId)
                .orElse("");
    }

    private Response refuse(SMTPSession session, MailRefusal refusal) {
        events.publish(SmtpTransaction.of(session).refused(refusal.code(), refusal.text()));
        session.popLineHandler();
        session.resetState();
        return new SMTPResponse(Integer.toString(refusal.code()), refusal.text());
    }
}
