package io.relaypod.events;

/**
 * The parts of a message's header that identify a mail for an operator. Each is printable, on one line and of bounded
 * length, whatever a client has sent. Immutable.
 *
 * @param messageId with its angle brackets (RFC 5322 section 3.6.4); empty if unknown
 * @param subject decoded; empty if there is none, or if subjects are not recorded
 * @param mailbox that Graph sends from: the address of From; empty if unknown
 */
public record MailSummary(String messageId, String subject, String mailbox) {

    /** In characters. */
    public static final int LONGEST_SUBJECT = 200;

    /** Of a mail whose header was not recorded. */
    public static final MailSummary UNKNOWN = new MailSummary("", "", "");

    private static final int LONGEST_MAILBOX = 320;
    private static final String SEPARATOR = "\n";

    public MailSummary {
        messageId = printable(MessageIds.truncate(messageId), MessageIds.MAX_LENGTH);
        subject = printable(subject, LONGEST_SUBJECT);
        mailbox = printable(mailbox, LONGEST_MAILBOX);
    }

    private static String printable(String text, int longest) {
        String line = LogText.onOneLine(text).strip();
        if (line.length() <= longest) {
            return line;
        }
        // Half of a surrogate pair is no character.
        int end = Character.isHighSurrogate(line.charAt(longest - 1)) ? longest - 1 : longest;
        return line.substring(0, end);
    }

    /** A text that {@link #parse} reads. */
    public String text() {
        return String.join(SEPARATOR, messageId, subject, mailbox);
    }

    /** Reads {@link #text}. Lines that are missing are empty. */
    public static MailSummary parse(String text) {
        String[] lines = text.split(SEPARATOR, 3);
        return new MailSummary(lines[0], lines.length > 1 ? lines[1] : "", lines.length > 2 ? lines[2] : "");
    }
}
