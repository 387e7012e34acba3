package io.relaypod.graph;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out that the followed directories are not those of the smtp2graph that the gateway relays to: no file is seen
 * of several copies in a row. Then nothing is to be sent again, since Graph may have accepted all of them. After a
 * pause, which grows, a few messages may try whether it is well again. For one thread.
 */
final class UnseenCopies {

    private static final Logger LOGGER = LoggerFactory.getLogger(UnseenCopies.class);

    private static final int MOST = 3;
    // Long enough for the alert RelaypodGraphNotFollowed.
    private static final Duration FIRST_PAUSE = Duration.ofMinutes(15);
    private static final Duration LONGEST_PAUSE = Duration.ofHours(2);

    private final Path directory;
    private int inARow;
    private Duration pause = FIRST_PAUSE;
    private Instant until = Instant.EPOCH;

    UnseenCopies(Path directory) {
        this.directory = directory;
    }

    /** A file came. */
    void seen() {
        inARow = 0;
        pause = FIRST_PAUSE;
        until = Instant.EPOCH;
    }

    /** Of a copy that Mailpit accepted no file was seen. */
    void missing(Instant now) {
        inARow++;
        if (inARow >= MOST && !now.isBefore(until)) {
            until = now.plus(pause);
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            LOGGER.warn("event=graph-not-followed directory={} reason=\"{}\"", directory, text());
        }
    }

    /** Problem for an administrator; empty if copies may be sent. */
    Optional<String> problem(Instant now) {
        return now.isBefore(until) ? Optional.of(text()) : Optional.empty();
    }

    private String text() {
        return "of the last " + inARow + " messages that Mailpit accepted, none came into " + directory
                + "; SMTP2GRAPH_DATA has to be the volume of the smtp2graph that Mailpit relays to; nothing is sent"
                + " until " + until;
    }
}
