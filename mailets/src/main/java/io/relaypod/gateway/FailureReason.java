package io.relaypod.gateway;

import java.util.Collection;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.mail.MessagingException;

import com.sun.mail.smtp.SMTPAddressFailedException;
import io.relaypod.smtpclient.DeferralReason;
import org.apache.james.core.MailAddress;

/** Why a delivery failed, in the gateway's words where it said any. */
final class FailureReason {

    // In characters: a reply may have 64 KiB, and its words go into the log, the trace and the stored mail.
    private static final int LONGEST = 1000;

    private static final Pattern NEXT_HOP = Pattern.compile("\\b451\\b.{0,3}\\b4\\.3\\.5\\b");
    private static final Pattern REPLY = Pattern.compile("^\\s*[45]\\d\\d\\b");

    private FailureReason() {}

    static DeferralReason cause(String words) {
        if (NEXT_HOP.matcher(words).find()) {
            return DeferralReason.NEXT_HOP;
        }
        if (words.isBlank()) {
            return DeferralReason.UNKNOWN;
        }
        return REPLY.matcher(words).find() ? DeferralReason.REFUSED : DeferralReason.UNREACHABLE;
    }

    /** The words without the white space around them, cut where they are too many. */
    static String shortened(String words) {
        String text = words.strip();
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
    }

    /** What the gateway said of one of these recipients, if it spoke of one. */
    static Optional<SMTPAddressFailedException> of(Exception failure, Collection<MailAddress> recipients) {
        Exception cause = failure;
        while (cause instanceof MessagingException messaging) {
            if (messaging instanceof SMTPAddressFailedException refusal
                    && recipients.stream()
                            .anyMatch(recipient -> recipient
                                    .asString()
                                    .equals(refusal.getAddress().toString()))) {
                return Optional.of(refusal);
            }
            cause = messaging.getNextException();
        }
        return Optional.empty();
    }
}
