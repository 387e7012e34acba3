package io.relaypod.memory;

/** The source of the bytes of a {@link Reservation}. */
interface ByteSource {

    /** Takes all of the bytes, or none. */
    boolean tryTake(long bytes);

    void release(long bytes);
}
