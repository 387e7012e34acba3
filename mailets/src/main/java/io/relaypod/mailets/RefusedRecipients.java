package io.relaypod.mailets;

import java.util.ArrayList;
import java.util.List;

import org.apache.james.core.MailAddress;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;

/**
 * The recipients of a transaction that were refused at RCPT, on their way from the session to the mailets: no record of a header may
 * name them.
 *
 * @param addresses as the client gave them
 */
public record RefusedRecipients(List<String> addresses) {

    private static final AttachmentKey<Noted> KEY = AttachmentKey.of("relaypod.refusedRecipients", Noted.class);
    private static final AttributeName ATTRIBUTE = AttributeName.of("relaypod.refusedRecipients");
    // A client that tries addresses by the thousand must not fill the memory.
    private static final int MOST = 1_000;

    /** Keeps its own copy of the addresses. */
    public RefusedRecipients {
        addresses = List.copyOf(addresses);
    }

    static void note(SMTPSession session, MailAddress recipient) {
        List<String> addresses = session.getAttachment(KEY, State.Transaction).orElseGet(() -> begin(session)).addresses();
        if (addresses.size() < MOST) {
            addresses.add(recipient.asString());
        }
    }

    private static Noted begin(SMTPSession session) {
        Noted noted = new Noted(new ArrayList<>());
        session.setAttachment(KEY, noted, State.Transaction);
        return noted;
    }

    /** Those of the transaction so far; for the session's thread. */
    private record Noted(List<String> addresses) {
    }

    /** Those of the session's transaction. */
    public static RefusedRecipients of(SMTPSession session) {
        return new RefusedRecipients(session.getAttachment(KEY, State.Transaction).map(Noted::addresses).orElse(List.of()));
    }

    /** Leaves them with the mail. */
    public void saveTo(Mail mail) {
        if (!addresses.isEmpty()) {
            mail.setAttribute(new Attribute(ATTRIBUTE, AttributeValue.of(String.join("\n", addresses))));
        }
    }

    static List<String> of(Mail mail) {
        return AttributeUtils.getValueAndCastFromMail(mail, ATTRIBUTE, String.class)
            .map(text -> List.of(text.split("\n")))
            .orElse(List.of());
    }
}
