package io.relaypod.memory;

/** Where the bytes of a {@link Reservation} come from. */
interface ByteSource {

    /** Takes so many bytes, or none. */
    boolean tryTake(long bytes);

    void release(long bytes);
}
