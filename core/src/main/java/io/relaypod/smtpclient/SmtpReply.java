package io.relaypod.smtpclient;

/**
 * A reply of an SMTP server (RFC 5321 section 4.2).
 *
 * @param code of three digits
 * @param text all lines as they came, with the code, separated by a line feed
 */
public record SmtpReply(int code, String text) {

    private static final int SERVICE_CLOSING = 421;
    private static final int EXCEEDED_STORAGE = 552;
    private static final int LOCAL_ERROR = 451;
    private static final String NEXT_HOP_STATUS = "4.3.5";

    boolean isPositive() {
        return code / 100 == 2;
    }

    boolean isIntermediate() {
        return code / 100 == 3;
    }

    boolean isTemporaryFailure() {
        return code / 100 == 4;
    }

    boolean isPermanentFailure() {
        return code / 100 == 5;
    }

    /** Whether the server closes the connection after this reply. */
    boolean isClosing() {
        return code == SERVICE_CLOSING;
    }

    /** Whether a reply to RCPT means "too many recipients" (RFC 5321 section 4.5.3.1.10). */
    boolean isTooManyRecipients() {
        return code == EXCEEDED_STORAGE;
    }

    /** Whether this is Mailpit's reply if its own next hop did not accept the mail. */
    boolean isNextHopFailure() {
        return code == LOCAL_ERROR && text.contains(NEXT_HOP_STATUS);
    }
}
