package io.relaypod.verdict;

/**
 * What a client is told about a recipient at RCPT (RFC 5321 section 4.2, RFC 3463).
 *
 * @param outcome the kind of answer, for metrics and the log
 * @param code the SMTP reply code; 250 for an accepted recipient
 * @param text enhanced status code and words; empty for an accepted recipient
 */
public record RecipientAnswer(Outcome outcome, int code, String text) {

    /** Why a recipient was accepted or refused: few, so that they can be metric labels. */
    public enum Outcome {
        MX,
        IMPLICIT_MX,
        ALLOWED,
        ADDRESS_LITERAL,
        LOCAL_POSTMASTER,
        UNCHECKED,
        NO_MAIL_HOST,
        UNREACHABLE_MX,
        NULL_MX,
        DENIED,
        REFUSED_LITERAL,
        BAD_DOMAIN,
        BAD_ADDRESS,
        NEEDS_SMTPUTF8,
        NO_MAILBOX,
        NOT_OUR_CLIENT,
        DNS_FAILURE,
        DNS_BUSY
    }

    /** The address cannot be written in a RCPT command of ours, so that the mail could not be sent on. */
    public static final RecipientAnswer BAD_ADDRESS =
            refuse(Outcome.BAD_ADDRESS, 553, "5.1.3 Bad destination mailbox address syntax");

    /** The address needs SMTPUTF8, which is not offered: RFC 6531 section 3.5. */
    public static final RecipientAnswer NEEDS_SMTPUTF8 =
            refuse(Outcome.NEEDS_SMTPUTF8, 553, "5.6.7 Non-ASCII local parts are not supported (no SMTPUTF8)");

    static RecipientAnswer accept(Outcome outcome) {
        return new RecipientAnswer(outcome, 250, "");
    }

    static RecipientAnswer refuse(Outcome outcome, int code, String text) {
        return new RecipientAnswer(outcome, code, text);
    }

    /** The same refusal, with the domain that the sender may have meant. */
    RecipientAnswer suggesting(String meant) {
        return new RecipientAnswer(outcome, code, text + " (did you mean " + meant + "?)");
    }

    public boolean isAccepted() {
        return code == 250;
    }

    /** Whether the client may try again later with hope (a 4xx reply). */
    public boolean isTemporary() {
        return code >= 400 && code < 500;
    }
}
