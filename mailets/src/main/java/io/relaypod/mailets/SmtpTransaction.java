package io.relaypod.mailets;

import java.util.List;

import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.SubmittingClient;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;

/**
 * A session's mail transaction at one moment, as the events of a mail describe it.
 *
 * @param sender empty for {@code MAIL FROM:<>}
 * @param recipients those accepted so far
 */
public record SmtpTransaction(SubmittingClient client, String sender, List<String> recipients) {

    private static final AttachmentKey<Integer> NUMBER = AttachmentKey.of("relaypod.transaction", Integer.class);

    public static SmtpTransaction of(SMTPSession session) {
        return new SmtpTransaction(
                client(session),
                sender(session),
                Addresses.texts(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction)
                        .orElse(List.of())));
    }

    /** Begins the session's next transaction: its events have a session id of their own from here on. */
    public static void begin(SMTPSession session) {
        int before = session.getAttachment(NUMBER, State.Connection).orElse(0);
        session.setAttachment(NUMBER, before + 1, State.Connection);
    }

    /** The client, with the session's id; behind it is the number of the transaction from the second one on. */
    public static SubmittingClient client(SMTPSession session) {
        int number = session.getAttachment(NUMBER, State.Connection).orElse(1);
        return new SubmittingClient(
                number > 1 ? session.getSessionID() + "." + number : session.getSessionID(),
                session.getRemoteAddress().getAddress());
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
