package io.relaypod.server.trace;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEventListener;
import io.relaypod.threads.Background;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores the events of the last days, and searches them. A publisher puts its event into a bounded queue and does not
 * wait. Four times a second one thread writes the queued events. If the queue is full, or a flood exceeds its limit,
 * the event is counted and dropped. Refusals have segments of their own, so a flood of them displaces no mail.
 * Thread-safe.
 */
public final class Trace implements MailEventListener, Closeable {

    private static final Logger LOGGER = LoggerFactory.getLogger(Trace.class);

    private static final int QUEUE = 16_384;
    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final int ACCEPTED_PER_SECOND = 1_000;
    private static final int REFUSED_PER_SECOND = 100;
    // Fraction of the trace's size; the rest is for mails.
    private static final double REFUSALS = 0.25;

    private final BlockingQueue<TimedEvent> queued = new ArrayBlockingQueue<>(QUEUE);
    private final AtomicLong dropped = new AtomicLong();
    private final SecondLimit accepted = new SecondLimit(ACCEPTED_PER_SECOND);
    private final SecondLimit refused = new SecondLimit(REFUSED_PER_SECOND);
    private final TraceSegments mails;
    private final TraceSegments refusals;
    private final Clock clock;
    private final ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor(runnable -> {
        Thread thread = new Thread(runnable, "trace");
        thread.setDaemon(true);
        return thread;
    });
    private long lastMicros;
    private boolean failing;

    private record TimedEvent(long millis, MailEvent event) {}

    /**
     * @param directory of the segments; created with the first event
     * @param maxBytes limit for all files together
     * @param maxAge age at which an event is deleted
     */
    public Trace(Path directory, long maxBytes, Duration maxAge, Clock clock) {
        long refusalBytes = (long) (maxBytes * REFUSALS);
        this.mails = new TraceSegments(directory.resolve("mails"), maxBytes - refusalBytes, maxAge);
        this.refusals = new TraceSegments(directory.resolve("refusals"), refusalBytes, maxAge);
        this.clock = clock;
        Background.repeat(writer, PAUSE, PAUSE, this::write);
    }

    @Override
    public void onEvent(MailEvent event) {
        long now = clock.millis();
        boolean flood = event.isRefusal() && !refused.hasRoom(now)
                || event instanceof RecipientAccepted && !accepted.hasRoom(now);
        if (flood || !queued.offer(new TimedEvent(now, event))) {
            dropped.incrementAndGet();
        }
    }

    // A client can cause any number of these without sending a mail, so they must not displace the mails.
    private static boolean isWithoutMail(MailEvent event) {
        return event instanceof RecipientRefused
                || event instanceof MailRefused refused && refused.recipients().isEmpty();
    }

    /** The number of dropped events since the start. */
    public long dropped() {
        return dropped.get();
    }

    /** The size of all files, in bytes. */
    public long size() {
        return mails.size() + refusals.size();
    }

    private synchronized void write() {
        List<TimedEvent> batch = new ArrayList<>(queued.size());
        queued.drainTo(batch);
        try {
            for (TimedEvent one : batch) {
                lastMicros = Math.max(lastMicros + 1, one.millis() * 1_000);
                (isWithoutMail(one.event()) ? refusals : mails).append(TraceEntry.of(one.event(), lastMicros));
            }
            mails.flush(clock.millis() * 1_000);
            refusals.flush(clock.millis() * 1_000);
            failing = false;
        } catch (IOException | RuntimeException notWritten) {
            dropped.addAndGet(batch.size());
            mails.closeUnfinished();
            refusals.closeUnfinished();
            if (!failing) {
                LOGGER.warn("event=trace-not-written reason=\"{}\"", notWritten.toString());
            }
            failing = true;
        }
    }

    /**
     * The result of a search.
     *
     * @param mails the newest first, with all events of each
     * @param limit the largest possible number of mails; below the requested one if memory is short. If the result has
     *     this number of mails, more may exist.
     */
    public record TraceResult(List<TracedMail> mails, int limit) {

        /** Copies the list. */
        public TraceResult {
            mails = List.copyOf(mails);
        }
    }

    /**
     * Searches for mails.
     *
     * @param memory reserves the result until it is closed
     * @throws SearchMemory.TraceTooLargeException if there is no memory for one mail
     */
    public TraceResult search(TraceQuery query, SearchMemory memory) {
        write();
        List<List<TraceSegment>> stores =
                Stream.of(mails, refusals).map(TraceSegments::newestFirst).toList();
        int limit = query.limit();
        while (true) {
            try {
                return new TraceResult(new TraceSearch(query.atMost(limit), stores, memory).mails(), limit);
            } catch (SearchMemory.TraceTooLargeException tooMuch) {
                if (limit == 1) {
                    throw tooMuch;
                }
                limit /= 2;
                memory.reset();
            }
        }
    }

    @Override
    public void close() {
        writer.shutdown();
        write();
        mails.closeUnfinished();
        refusals.closeUnfinished();
    }

    /** Limits the number of events in a second. */
    private static final class SecondLimit {

        private final int most;
        private final AtomicLong secondAndCount = new AtomicLong();

        SecondLimit(int most) {
            this.most = most;
        }

        // The upper half is the second, the lower half the number of its events.
        boolean hasRoom(long millis) {
            long second = millis / 1_000;
            long now = secondAndCount.updateAndGet(
                    before -> before >>> 32 == (second & 0xffffffffL) ? before + 1 : second << 32 | 1);
            return (now & 0xffffffffL) <= most;
        }
    }
}
