package io.relaypod.server.queue.inflight;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import io.relaypod.memory.Reservation;
import io.relaypod.server.queue.broker.QueueUnavailableException;
import io.relaypod.server.queue.inflight.SuspectMails.Suspect;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Marks each mail on the disk before it is read, so that the next process knows which mails were in flight when this
 * one died. These are suspects: each is handled alone, so that a further death names the mail that ends the process. A
 * mail that was alone at two deaths is not handled again. Thread-safe.
 *
 * <pre>{@code
 * try (InFlightMails.Mark mark = inFlight.begin(name, () -> stopped).orElseThrow()) { ... }
 * }</pre>
 */
public final class InFlightMails implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(InFlightMails.class);

    private static final int DEATHS_ALONE = 2;
    private static final Duration POLL = Duration.ofMillis(250);
    // How long a suspect waits for the others to be done, and how long the others then wait for the suspect: a gateway
    // that hangs must not
    // make all mail wait. Who is let in too early only makes the next death less certain.
    private static final Duration WAIT_TO_BE_ALONE = Duration.ofSeconds(30);
    private static final Duration ALONE_FOR = Duration.ofSeconds(15);

    private final Optional<InFlightFile> file;
    private final Optional<SuspectMails> suspects;
    private int inFlight;
    private int waitingToBeAlone;
    private Optional<Mark> alone = Optional.empty();
    private long aloneUntil;
    private boolean isFailing;

    private InFlightMails(Optional<InFlightFile> file, Optional<SuspectMails> suspects) {
        this.file = file;
        this.suspects = suspects;
    }

    /** Marks nothing, and knows no suspects. */
    public static InFlightMails unmarked() {
        return new InFlightMails(Optional.empty(), Optional.empty());
    }

    /**
     * Reads what the process before left in {@code queue/in-flight} and {@code queue/suspects}.
     *
     * @param dataDir belongs to this process
     * @throws QueueUnavailableException when the files cannot be read or written
     */
    public static InFlightMails open(Path dataDir) {
        try {
            Path directory = Files.createDirectories(dataDir.resolve("queue"));
            InFlightFile file = InFlightFile.open(directory.resolve("in-flight"));
            SuspectMails suspects = SuspectMails.read(directory.resolve("suspects"));
            List<String> left = file.names();
            if (!left.isEmpty()) {
                suspects.died(left);
                LOGGER.warn(
                        "event=died-in-flight mails={} queue-ids={} next=\"each is handled alone\"",
                        left.size(),
                        left.stream().limit(20).toList());
            }
            file.clear();
            return new InFlightMails(Optional.of(file), Optional.of(suspects));
        } catch (IOException failure) {
            throw new QueueUnavailableException(
                    "the marks of mails in flight in " + dataDir.resolve("queue") + " cannot be used", failure);
        }
    }

    /** A mail in flight, until it is closed. Closing twice is harmless. */
    public final class Mark implements AutoCloseable {

        private final String mail;
        private final int line;
        private final Optional<Suspect> suspect;
        private boolean closed;
        private Optional<Reservation> memory = Optional.empty();

        private Mark(String mail, int line, Optional<Suspect> suspect) {
            this.mail = mail;
            this.line = line;
            this.suspect = suspect;
        }

        /** Has the memory released when the mail is in flight no more. */
        public void hold(Reservation reserved) {
            memory = Optional.of(reserved);
        }

        /** Whether the mail must not be handled: it was alone in flight at two deaths of the process. */
        public boolean hasEndedProcess() {
            return suspect.filter(known -> known.alone() >= DEATHS_ALONE).isPresent();
        }

        /** Whether it must not even be read: the process died when it was. */
        public boolean isUnreadable() {
            return suspect.filter(known -> known.alone() > DEATHS_ALONE).isPresent();
        }

        /** Why the mail is not handled. */
        public String reason() {
            return "the process died " + suspect.map(Suspect::deaths).orElse(0)
                    + " times while this mail was in flight, "
                    + suspect.map(Suspect::alone).orElse(0) + " times while no other was";
        }

        /** The mail is in flight no more, and did not end the process. */
        @Override
        public void close() {
            end(this, true);
        }

        /** The mail is in flight no more, and stays a suspect. */
        public void release() {
            end(this, false);
        }
    }

    /**
     * Marks the mail. A suspect waits until it is alone, and others wait while it is.
     *
     * @param stopped whether to give up waiting
     * @return empty if waiting was given up
     */
    public synchronized Optional<Mark> begin(String name, BooleanSupplier stopped) throws InterruptedException {
        String mail = InFlightFile.shortened(name);
        Optional<Suspect> suspect = suspects.flatMap(known -> known.find(mail));
        boolean isReady = suspect.isPresent() ? waitToBeAlone(stopped) : waitForSuspect(stopped);
        if (!isReady) {
            return Optional.empty();
        }
        Mark mark = new Mark(mail, mark(mail), suspect);
        inFlight++;
        if (suspect.isPresent()) {
            alone = Optional.of(mark);
            aloneUntil = System.nanoTime() + ALONE_FOR.toNanos();
        }
        return Optional.of(mark);
    }

    private boolean waitToBeAlone(BooleanSupplier stopped) throws InterruptedException {
        long deadline = System.nanoTime() + WAIT_TO_BE_ALONE.toNanos();
        waitingToBeAlone++;
        try {
            while (inFlight > 0 && System.nanoTime() - deadline < 0 && !stopped.getAsBoolean()) {
                TimeUnit.NANOSECONDS.timedWait(this, POLL.toNanos());
            }
        } finally {
            waitingToBeAlone--;
            notifyAll();
        }
        return !stopped.getAsBoolean();
    }

    private boolean waitForSuspect(BooleanSupplier stopped) throws InterruptedException {
        while ((waitingToBeAlone > 0 || (alone.isPresent() && System.nanoTime() - aloneUntil < 0))
                && !stopped.getAsBoolean()) {
            TimeUnit.NANOSECONDS.timedWait(this, POLL.toNanos());
        }
        return !stopped.getAsBoolean();
    }

    private int mark(String mail) {
        try {
            int line = file.isPresent() ? file.get().mark(mail) : InFlightFile.NO_LINE;
            isFailing = false;
            return line;
        } catch (IOException unwritable) {
            reportOnce(unwritable);
            return InFlightFile.NO_LINE;
        }
    }

    private synchronized void end(Mark mark, boolean isInnocent) {
        if (mark.closed) {
            return;
        }
        mark.closed = true;
        mark.memory.ifPresent(Reservation::close);
        inFlight--;
        alone = alone.filter(other -> other != mark);
        try {
            if (file.isPresent()) {
                file.get().unmark(mark.line);
            }
            if (isInnocent && mark.suspect.isPresent() && suspects.isPresent()) {
                suspects.get().clear(mark.mail);
            }
        } catch (IOException unwritable) {
            reportOnce(unwritable);
        }
        notifyAll();
    }

    // Mail goes on; a death meanwhile goes unnoticed.
    private void reportOnce(IOException unwritable) {
        if (!isFailing) {
            isFailing = true;
            LOGGER.warn("event=not-marked reason=\"{}\"", unwritable.getMessage());
        }
    }

    /** Waits until no mail is in flight, or the time is over. */
    public synchronized void awaitNone(Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        for (long left = atMost.toNanos(); inFlight > 0 && left > 0; left = deadline - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    /** Mails that were in flight at a death of the process, and have not gone through since. */
    public synchronized int suspects() {
        return suspects.map(SuspectMails::count).orElse(0);
    }

    /** Ends in order: what is in flight still is no suspect, unless one of these mails has called for the exit. */
    @Override
    public synchronized void close() {
        try {
            if (file.isPresent()) {
                if (!isExitOfOurOwn()) {
                    file.get().clear();
                }
                file.get().close();
            }
        } catch (IOException unwritable) {
            reportOnce(unwritable);
        }
    }

    // A mailet that calls System.exit ends the process in order too. Signals have a thread of the JVM's, the command's
    // end has the main thread.
    private static boolean isExitOfOurOwn() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> !thread.getKey().getName().equals("main")
                        && !thread.getKey().getName().startsWith("SIG"))
                .flatMap(thread -> List.of(thread.getValue()).stream())
                .anyMatch(frame -> frame.getClassName().equals(Runtime.class.getName())
                        && frame.getMethodName().equals("exit"));
    }
}
