package io.relaypod.mime;

/**
 * A message whose structure cannot be read. The exception's message is the reason, for the administrator who finds it
 * among the failed messages.
 */
public final class UnreadableMailException extends Exception {

    private static final long serialVersionUID = 1L;

    public UnreadableMailException(String reason) {
        super(reason);
    }
}
