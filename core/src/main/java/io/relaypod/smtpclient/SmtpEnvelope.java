package io.relaypod.smtpclient;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The envelope of one transaction (RFC 5321 section 2.3.1).
 *
 * @param sender without angle brackets; empty for the null reverse-path
 * @param ret value of RET (RFC 3461 section 4.3), which is left out if the server does not offer DSN
 * @param envid value of ENVID (RFC 3461 section 4.4), likewise
 * @param recipients at least one
 */
public record SmtpEnvelope(
        String sender, Optional<String> ret, Optional<String> envid, List<SmtpRecipient> recipients) {

    public SmtpEnvelope {
        requireNoControls(sender);
        ret.ifPresent(SmtpEnvelope::requireNoControls);
        envid.ifPresent(SmtpEnvelope::requireNoControls);
        recipients = List.copyOf(recipients);
        if (recipients.isEmpty()) {
            throw new IllegalArgumentException("an envelope without a recipient; expected at least one");
        }
    }

    /** The same envelope with the null reverse-path. */
    public SmtpEnvelope withoutSender() {
        return new SmtpEnvelope("", ret, envid, recipients);
    }

    boolean isAscii() {
        return Stream.concat(Stream.of(sender), recipients.stream().map(SmtpRecipient::address))
                .allMatch(address -> address.chars().allMatch(character -> character < 0x80));
    }

    // A line feed in an address would begin another command.
    static void requireNoControls(String text) {
        if (text.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "'" + text.replaceAll("\\p{Cntrl}", "?") + "' has a control character; an SMTP command has none");
        }
    }
}
