package io.relaypod.mime;

/**
 * Hears of the parts of a message while it is scanned. Of parts inside each other it hears of the inner ones' bodies.
 * For one thread.
 */
interface PartListener {

    /** Listens to nothing. */
    PartListener NONE = new PartListener() {};

    /** The header of a part was read. */
    default void headerEnded(OpenPart part) {}

    /** A line of a body; its first bytes, all of them when it is no longer than {@link MessageLineReader#KEPT}. */
    default void body(byte[] line, int length) {}

    /** The innermost part has ended. */
    default void partEnded() {}
}
