package io.relaypod.server.queue.broker;

/** Tells that the broker did not start, cannot be reached, or refused what every broker must do. */
public final class QueueUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public QueueUnavailableException(String message, Exception cause) {
        super(message, cause);
    }
}
