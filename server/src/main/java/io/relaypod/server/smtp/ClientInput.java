package io.relaypod.server.smtp;

import java.util.Optional;

import io.netty.buffer.ByteBuf;

/**
 * What a client has sent and nobody has read yet. While it is lent to a worker, the bytes that arrive are kept behind
 * it. For the channel's thread.
 */
final class ClientInput {

    private final SmtpLineDecoder unread = new SmtpLineDecoder();
    private final SmtpLineDecoder receivedMeanwhile = new SmtpLineDecoder();
    private boolean isLent;

    /** Appends what has been received; does not release it. */
    void add(ByteBuf received) {
        (isLent ? receivedMeanwhile : unread).add(received);
    }

    /** Until it is taken back only the borrower reads it. */
    SmtpLineDecoder lend() {
        isLent = true;
        return unread;
    }

    void reclaim() {
        isLent = false;
        unread.addAll(receivedMeanwhile);
    }

    boolean isLent() {
        return isLent;
    }

    /** Without effect on who has it: for reading a message on the channel's thread. */
    SmtpLineDecoder unread() {
        return unread;
    }

    int size() {
        return unread.size();
    }

    boolean hasNext() {
        return unread.hasNext();
    }

    Optional<byte[]> next() {
        return unread.next();
    }

    void clear() {
        unread.clear();
        receivedMeanwhile.clear();
    }
}
