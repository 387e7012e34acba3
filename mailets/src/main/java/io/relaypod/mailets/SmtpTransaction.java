package io.relaypod.mailets;

import java.util.List;

import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.SubmittingClient;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;

/**
 * A session's mail transaction at one moment, as the events of a mail describe it.
 *
 * @param sender empty for {@code MAIL FROM:<>}
 * @param recipients those accepted so far
 */
public record SmtpTransaction(SubmittingClient client, String sender, List<String> recipients) {

    public static SmtpTransaction of(SMTPSession session) {
        return new SmtpTransaction(
                client(session),
                sender(session),
                Addresses.texts(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction)
                        .orElse(List.of())));
    }

    public static SubmittingClient client(SMTPSession session) {
        return new SubmittingClient(
                session.getSessionID(), session.getRemoteAddress().getAddress());
    }

    public static String sender(SMTPSession session) {
        return session.getAttachment(SMTPSession.SENDER, State.Transaction)
                .orElse(MaybeSender.nullSender())
                .asString("");
    }

    /** The event of this transaction's message being refused. */
    public MailRefused refused(int code, String text) {
        return new MailRefused(client, sender, recipients, code, text);
    }
}
