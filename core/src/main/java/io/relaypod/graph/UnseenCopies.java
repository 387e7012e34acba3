package io.relaypod.graph;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

import com.google.common.collect.Comparators;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out that the followed directories are not those of the smtp2graph that the gateway relays to: no file is seen
 * of several messages in a row. Then nothing is to be sent again, since Graph may have accepted all of them. After a
 * pause, which grows, messages are sent until one is missing again. For one thread.
 */
final class UnseenCopies {

    private static final Logger LOGGER = LoggerFactory.getLogger(UnseenCopies.class);

    private static final int MOST = 3;
    // Long enough for the alert RelaypodGraphNotFollowed.
    private static final Duration FIRST_PAUSE = Duration.ofMinutes(15);
    private static final Duration LONGEST_PAUSE = Duration.ofHours(2);

    private final Path directory;
    // By queue id.
    private final Set<String> inARow = new HashSet<>();
    private Duration pause = FIRST_PAUSE;
    private Instant until = Instant.EPOCH;

    UnseenCopies(Path directory) {
        this.directory = directory;
    }

    /** A file came. */
    void seen() {
        inARow.clear();
        pause = FIRST_PAUSE;
        until = Instant.EPOCH;
    }

    /** No file was seen of a copy that Mailpit accepted. */
    void missing(GraphCopy copy, Instant now) {
        if (inARow.size() < MOST) {
            copy.queueId().ifPresent(inARow::add);
        }
        if (inARow.size() >= MOST && !now.isBefore(until)) {
            until = now.plus(pause);
            pause = Comparators.min(pause.multipliedBy(2), LONGEST_PAUSE);
            LOGGER.warn("event=graph-not-followed directory={} reason=\"{}\"", directory, text());
        }
    }

    /** Problem for an administrator; empty if copies may be sent. */
    Optional<String> problem(Instant now) {
        return now.isBefore(until) ? Optional.of(text()) : Optional.empty();
    }

    private String text() {
        return "the last messages that Mailpit accepted did not come into " + directory
                + "; either SMTP2GRAPH_DATA is not the volume of the smtp2graph that Mailpit relays to, or Mailpit"
                + " accepts messages that it does not relay; nothing is sent until "
                + until.truncatedTo(ChronoUnit.SECONDS);
    }
}
