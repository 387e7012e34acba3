package io.relaypod.mailets;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import io.relaypod.address.EmailAddress;
import io.relaypod.headers.VisibleRecipients;
import io.relaypod.mime.HeaderSection;
import io.relaypod.mime.MessageSource;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;

/**
 * The recipients of a transaction that were refused at RCPT, permanently or temporarily. The session passes them to the
 * mailets, since no header field that the relay adds may list them.
 *
 * @param addresses as the client gave them
 */
public record RefusedRecipients(List<String> addresses) {

    private static final AttachmentKey<Noted> KEY = AttachmentKey.of("relaypod.refusedRecipients", Noted.class);
    private static final AttributeName ATTRIBUTE = AttributeName.of("relaypod.refusedRecipients");

    /** Keeps its own copy of the addresses. */
    public RefusedRecipients {
        addresses = List.copyOf(addresses);
    }

    /**
     * Records a recipient; the caller has reserved its memory.
     *
     * @param recipient as the client named it, be it an address or not
     */
    public static void note(SMTPSession session, String recipient) {
        session.getAttachment(KEY, State.Transaction)
                .orElseGet(() -> begin(session))
                .addresses()
                .add(recipient);
    }

    private static Noted begin(SMTPSession session) {
        Noted noted = new Noted(new ArrayList<>());
        session.setAttachment(KEY, noted, State.Transaction);
        return noted;
    }

    /** Those recorded so far; for the session's thread. */
    private record Noted(List<String> addresses) {}

    /** Those of the session's transaction. */
    public static RefusedRecipients of(SMTPSession session) {
        return new RefusedRecipients(session.getAttachment(KEY, State.Transaction)
                .map(Noted::addresses)
                .orElse(List.of()));
    }

    /**
     * Saves in the mail those that its header lists, except for those that were accepted at a later RCPT.
     *
     * @param message the mail's bytes
     */
    public void saveTo(Mail mail, MessageSource message) throws IOException {
        if (addresses.isEmpty()) {
            return;
        }
        VisibleRecipients visible = VisibleRecipients.in(HeaderSection.read(message, VisibleRecipients.FIELDS));
        Set<EmailAddress> accepted =
                mail.getRecipients().stream().map(Addresses::of).collect(Collectors.toSet());
        String refused = addresses.stream()
                .filter(address -> EmailAddress.parse(address)
                        .filter(visible::contains)
                        .filter(named -> !accepted.contains(named))
                        .isPresent())
                .distinct()
                .collect(Collectors.joining("\n"));
        if (!refused.isEmpty()) {
            mail.setAttribute(new Attribute(ATTRIBUTE, AttributeValue.of(refused)));
        }
    }

    static List<String> of(Mail mail) {
        return AttributeUtils.getValueAndCastFromMail(mail, ATTRIBUTE, String.class)
                .map(text -> List.of(text.split("\n")))
                .orElse(List.of());
    }
}
