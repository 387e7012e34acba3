package io.relaypod.gateway;

import java.util.Collection;
import java.util.Optional;

import javax.mail.MessagingException;

import org.apache.james.core.MailAddress;

import com.sun.mail.smtp.SMTPAddressFailedException;

/** Why a delivery failed, in the gateway's words where it said any. */
final class FailureReason {

    private FailureReason() {
    }

    /** What the gateway said of one of these recipients, if it spoke of one. */
    static Optional<SMTPAddressFailedException> of(Exception failure, Collection<MailAddress> recipients) {
        Exception cause = failure;
        while (cause instanceof MessagingException messaging) {
            if (messaging instanceof SMTPAddressFailedException refusal
                    && recipients.stream().anyMatch(recipient -> recipient.asString().equals(refusal.getAddress().getAddress()))) {
                return Optional.of(refusal);
            }
            cause = messaging.getNextException();
        }
        return Optional.empty();
    }
}
