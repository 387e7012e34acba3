package io.relaypod.server.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailRemoved;
import io.relaypod.server.settings.FailedMailSettings;
import io.relaypod.server.threads.ServerThreads;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepositoryLimitsTest {

    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    @TempDir
    private Path directory;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<MailEvent> published = new ArrayList<>();

    @BeforeEach
    void fill() throws IOException {
        MailFiles files = new MailFiles(directory);
        for (int day = 0; day < 10; day++) {
            files.store("mail" + day, out -> out.write(new byte[900]), out -> out.write(new byte[100]));
            Files.setLastModifiedTime(
                    directory.resolve("mail" + day + ".json"), FileTime.from(NOW.minus(Duration.ofDays(day))));
        }
    }

    @Test
    void withoutLimitsNothingIsEverDropped() throws IOException {
        rounds(Optional.empty(), Optional.empty(), Duration.ofDays(10_000));

        assertThat(new MailFiles(directory).size()).isEqualTo(10);
    }

    @Test
    void whatIsTooOldIsAnnouncedForAnHourAndThenDropped() throws IOException {
        rounds(Optional.of(Duration.ofDays(7)), Optional.empty(), Duration.ZERO);

        assertThat(new MailFiles(directory).size()).as("announced, not dropped").isEqualTo(10);
        assertThat(meters.get("relaypod.repository.due").gauge().value()).isEqualTo(2);
        assertThat(meters.get("relaypod.repository.dropped").counter().count()).isZero();

        meters.clear();
        rounds(Optional.of(Duration.ofDays(7)), Optional.empty(), RepositoryLimits.NOTICE);

        // Two were beyond at first; an hour later the one that had just reached its time is due, and kept for its own
        // hour.
        assertThat(new MailFiles(directory).kept())
                .doesNotContainKeys("mail8", "mail9")
                .hasSize(8);
        assertThat(meters.get("relaypod.repository.dropped").counter().count()).isEqualTo(2);
        assertThat(published)
                .extracting(event -> ((MailRemoved) event).queueId())
                .containsExactlyInAnyOrder("mail8", "mail9");
        assertThat(meters.get("relaypod.repository.due").gauge().value()).isEqualTo(1);
    }

    @Test
    void ofWhatIsTooMuchTheOldestIsDropped() throws IOException {
        rounds(Optional.empty(), Optional.of(4_500L), RepositoryLimits.NOTICE);

        assertThat(new MailFiles(directory).kept()).containsOnlyKeys("mail0", "mail1", "mail2", "mail3");
    }

    /** One round now, and one later, by the same watcher. */
    private void rounds(Optional<Duration> maxAge, Optional<Long> maxSize, Duration later) throws IOException {
        MovedClock clock = new MovedClock();
        try (RepositoryLimits limits = new RepositoryLimits(
                new FailedMailSettings(maxAge, maxSize), clock, meters, published::add, new ServerThreads())) {
            limits.watch("var/mail/failed", new MailFiles(directory));
            limits.round();
            clock.now = NOW.plus(later);
            limits.round();
        }
    }

    private static final class MovedClock extends Clock {

        private Instant now = NOW;

        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
