package io.relaypod.smtpclient;

import java.util.Optional;

/**
 * A recipient of an {@link SmtpEnvelope}.
 *
 * @param address without angle brackets
 * @param notifications value of NOTIFY (RFC 3461 section 4.1), which is left out if the server does not offer DSN
 */
public record SmtpRecipient(String address, Optional<String> notifications) {

    public SmtpRecipient {
        SmtpEnvelope.requireNoControls(address);
        notifications.ifPresent(SmtpEnvelope::requireNoControls);
    }
}
