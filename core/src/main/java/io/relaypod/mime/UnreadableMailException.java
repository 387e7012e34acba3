package io.relaypod.mime;

/**
 * A message of which nobody can say what is in it. The message text is the reason, for whoever finds the mail kept
 * aside.
 */
public final class UnreadableMailException extends Exception {

    private static final long serialVersionUID = 1L;

    public UnreadableMailException(String reason) {
        super(reason);
    }
}
