package io.relaypod.server.notify;

import java.time.Duration;
import java.util.Optional;

/**
 * The result of one attempt to send a notification.
 *
 * @param isSent whether the receiver has it
 * @param isAboutMessage whether the receiver refused this message, and may accept another
 * @param retryAfter how long the receiver asks to wait
 * @param words for the log; without the URL, which may be a secret
 */
record NotificationResult(boolean isSent, boolean isAboutMessage, Optional<Duration> retryAfter, String words) {

    static NotificationResult failed(String words) {
        return new NotificationResult(false, false, Optional.empty(), words);
    }
}
