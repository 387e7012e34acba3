package io.relaypod.memory;

/**
 * Names of the temporary files that hold large messages. Each name identifies the relay that created the file, so that
 * a relay deletes at its start the files of its killed predecessor. Immutable.
 */
public final class TemporaryFileName {

    /** The system property that holds the relay's own part of the names; has to be set before a message is opened. */
    public static final String OWNER = "relaypod.temporary-files.owner";

    // Read once: it does not change while the process runs.
    private static final String PREFIX = "relaypod-" + System.getProperty(OWNER, "nobody") + "-";

    private TemporaryFileName() {}

    /** What all names of this relay contain. */
    public static String prefix() {
        return PREFIX;
    }

    /** The beginning of a file's name, for a file that holds {@code what}. */
    public static String of(String what) {
        return PREFIX + what;
    }
}
