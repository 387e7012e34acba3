package io.relaypod.mailets;

import java.util.List;

import io.relaypod.events.Client;
import io.relaypod.events.MailEvent.Refused;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;

/**
 * A session's mail transaction at one moment, as the events of a mail describe it.
 *
 * @param sender empty for {@code MAIL FROM:<>}
 * @param recipients those accepted so far
 */
public record SmtpTransaction(Client client, String sender, List<String> recipients) {

    public static SmtpTransaction of(SMTPSession session) {
        return new SmtpTransaction(
                client(session),
                sender(session),
                Addresses.texts(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction)
                        .orElse(List.of())));
    }

    public static Client client(SMTPSession session) {
        return new Client(session.getSessionID(), session.getRemoteAddress().getAddress());
    }

    public static String sender(SMTPSession session) {
        return session.getAttachment(SMTPSession.SENDER, State.Transaction)
                .orElse(MaybeSender.nullSender())
                .asString("");
    }

    /** The event of this transaction's message being refused. */
    public Refused refused(int code, String text) {
        return new Refused(client, sender, recipients, code, text);
    }
}
