package io.relaypod.server.smtp;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * How long a client may take for what is expected of it next (RFC 5321 section 4.5.3.2). A command has to be whole, and
 * a reply read, in the idle time, whatever drips meanwhile. A mail may take as long as it comes with
 * {@value #SLOWEST_MAIL} bytes a second, and the idle time on top. While it is the client who waits, no time passes.
 * All times are of {@link System#nanoTime}. For the channel's thread, where not said otherwise.
 */
final class ClientTimeouts {

    /** In bytes a second, on the whole mail: a thousandth of the slowest line in use. */
    static final int SLOWEST_MAIL = 1024;

    // What is said last is read at once, or not.
    private static final Duration LAST_REPLY = Duration.ofSeconds(10);
    private static final long NANOS = 1_000_000_000L;

    private enum Expected {
        COMMAND,
        MAIL,
        READING_OF_REPLIES,
        READING_OF_LAST_REPLY
    }

    private final long idle;
    private final LongSupplier clock;
    private Expected expected = Expected.COMMAND;
    private long since;
    private long lastBytes;
    private long mailBytes;
    private boolean isPaused;
    private long pausedSince;
    private volatile OptionalLong idleSince = OptionalLong.empty();

    /** @param clock as {@link System#nanoTime()} */
    ClientTimeouts(Duration idle, LongSupplier clock) {
        this.idle = idle.toNanos();
        this.clock = clock;
        this.since = clock.getAsLong();
        noteIdleness();
    }

    /** The time of a command begins when what came before it is answered, not with its first bytes. */
    void commandExpected(boolean isNext) {
        if (isNext || expected != Expected.COMMAND) {
            expect(Expected.COMMAND);
        }
    }

    /** Of one mail the time begins once. */
    void mailExpected() {
        if (expected != Expected.MAIL) {
            expect(Expected.MAIL);
            lastBytes = clock.getAsLong();
            mailBytes = 0;
        }
    }

    void received(int bytes) {
        mailBytes += bytes;
        lastBytes = clock.getAsLong();
    }

    /** The client leaves its replies unread, so that no more of its lines are answered. */
    void readingExpected() {
        if (expected != Expected.READING_OF_REPLIES) {
            expect(Expected.READING_OF_REPLIES);
        }
    }

    void lastReplySent() {
        if (expected != Expected.READING_OF_LAST_REPLY) {
            isPaused = false;
            expect(Expected.READING_OF_LAST_REPLY);
        }
    }

    boolean isLastReplySent() {
        return expected == Expected.READING_OF_LAST_REPLY;
    }

    /** From now on it is the client who waits. */
    void pause() {
        if (!isPaused) {
            isPaused = true;
            pausedSince = clock.getAsLong();
            idleSince = OptionalLong.empty();
        }
    }

    void resume() {
        if (isPaused) {
            isPaused = false;
            long paused = clock.getAsLong() - pausedSince;
            since += paused;
            lastBytes += paused;
            noteIdleness();
        }
    }

    private void expect(Expected next) {
        expected = next;
        since = clock.getAsLong();
        noteIdleness();
    }

    private void noteIdleness() {
        idleSince = expected == Expected.MAIL || isPaused ? OptionalLong.empty() : OptionalLong.of(since);
    }

    /** Since when the client is expected to send a command or to read; empty otherwise. For any thread. */
    OptionalLong idleSince() {
        return idleSince;
    }

    /** Nanoseconds until it is worth to look again. */
    long leftOrIdle() {
        return left().orElse(idle);
    }

    /** Nanoseconds that the client still has, 0 or less when it is late; empty while it is the client who waits. */
    Optional<Long> left() {
        long now = clock.getAsLong();
        return isPaused
                ? Optional.empty()
                : Optional.of(
                        switch (expected) {
                            case MAIL ->
                                Math.min(lastBytes + idle, since + idle + mailBytes * (NANOS / SLOWEST_MAIL)) - now;
                            case READING_OF_LAST_REPLY -> since + Math.min(idle, LAST_REPLY.toNanos()) - now;
                            case COMMAND, READING_OF_REPLIES -> since + idle - now;
                        });
    }
}
