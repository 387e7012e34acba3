package io.relaypod.mime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What ties a copy of a mail to its queue id: the id of our Received field (RFC 5321 section 4.4), and a Message-ID
 * where the mail has none (RFC 5322 section 3.6.4). All other bytes of the message stay. Immutable.
 *
 * @param bytes in place of the message's first bytes
 * @param replaces how many of them
 */
public record TraceInformation(byte[] bytes, long replaces) {

    /** James' words in its Received field, with the protocols of RFC 3848 and RFC 6531 section 4.3. */
    public static final String WITH_JAMES = " \\(JAMES SMTP Server \\) with (?:UTF8|E)?SMTPS?A?";

    private static final String RECEIVED = "received";
    private static final String MESSAGE_ID = "message-id";
    private static final Set<String> FIELDS = Set.of(RECEIVED, MESSAGE_ID);
    // It is the first field of a mail that we received. The id is that of the session, until we write ours.
    private static final Pattern ID_OF_OURS =
            Pattern.compile("(\\r\\n[ \\t]+by [^\\r\\n]*" + WITH_JAMES + ") (?:ID|id) [^\\s;]+");
    // What SplitRecipients and James put behind the queue id of a copy; the id itself ends with 12 digits.
    private static final Pattern COPY = Pattern.compile("(-!?[0-9]{1,7})+$");
    private static final Pattern DOMAIN = Pattern.compile("[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*");
    private static final String NO_DOMAIN = "localhost.localdomain";

    /**
     * @param queueId of the copy
     * @param sender of the envelope; may be empty
     * @return empty if the message did not come by SMTP, or has all that already
     */
    public static Optional<TraceInformation> of(MessageSource message, String queueId, String sender)
            throws IOException {
        HeaderSection header = HeaderSection.read(message, FIELDS);
        Optional<HeaderField> first =
                header.named(RECEIVED).stream().findFirst().filter(field -> field.start() == 0);
        if (first.isEmpty()) {
            return Optional.empty();
        }
        Matcher id = ID_OF_OURS.matcher(first.get().raw());
        if (!id.find()) {
            return Optional.empty();
        }
        String received = id.replaceFirst(Matcher.quoteReplacement(id.group(1) + " id " + queueId));
        List<HeaderField> ids = header.named(MESSAGE_ID);
        String all = ids.isEmpty() ? received + "Message-ID: " + messageId(queueId, sender) + "\r\n" : received;
        return all.equals(first.get().raw())
                ? Optional.empty()
                : Optional.of(new TraceInformation(
                        all.getBytes(StandardCharsets.ISO_8859_1), first.get().end()));
    }

    /**
     * The Message-ID that all copies of a mail get that has none, with its angle brackets.
     *
     * @param queueId of the mail or of a copy
     * @param sender of the envelope; may be empty
     */
    public static String messageId(String queueId, String sender) {
        String domain = sender.substring(sender.lastIndexOf('@') + 1);
        return "<" + COPY.matcher(queueId).replaceFirst("") + "@"
                + (DOMAIN.matcher(domain).matches() ? domain : NO_DOMAIN) + ">";
    }
}
