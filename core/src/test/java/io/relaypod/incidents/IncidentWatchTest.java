package io.relaypod.incidents;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.threeten.extra.MutableClock;

class IncidentWatchTest {

    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

    private final List<IncidentChange> changes = new ArrayList<>();
    private final StubCheck dns = new StubCheck(IncidentKind.DNS);
    private final MutableClock clock = MutableClock.of(BEGIN, ZoneOffset.UTC);

    private static final class StubCheck implements IncidentCheck {

        private final IncidentKind kind;
        private Optional<String> problem = Optional.empty();
        private boolean isBroken;
        private boolean isCertain;

        StubCheck(IncidentKind kind) {
            this.kind = kind;
        }

        @Override
        public IncidentKind kind() {
            return kind;
        }

        @Override
        public Optional<String> problem() {
            if (isBroken) {
                throw new IllegalStateException("cannot be asked");
            }
            return problem;
        }

        @Override
        public boolean isCertain() {
            return isCertain;
        }
    }

    private IncidentWatch watch(Incident... openBefore) {
        return new IncidentWatch(List.of(dns), List.of(openBefore), clock, changes::add);
    }

    private void lookFor(IncidentWatch watch, Duration time) {
        Instant end = clock.instant().plus(time);
        while (clock.instant().isBefore(end)) {
            clock.add(Duration.ofSeconds(5));
            watch.look();
        }
    }

    @Test
    void aConditionIsReportedOnceAtItsBeginningAndOnceAtItsEnd() {
        IncidentWatch watch = watch();
        dns.problem = Optional.of("10.0.0.10 does not answer");
        lookFor(watch, Duration.ofHours(3));
        dns.problem = Optional.empty();
        lookFor(watch, Duration.ofHours(3));

        assertThat(changes).hasSize(2);
        assertThat(changes.get(0).isEnd()).isFalse();
        assertThat(changes.get(0).incident().since()).isEqualTo(BEGIN.plusSeconds(5));
        assertThat(changes.get(0).summary()).isEqualTo("10.0.0.10 does not answer");
        assertThat(changes.get(1).end()).contains(BEGIN.plusSeconds(5).plus(Duration.ofHours(3)));
        assertThat(changes.get(1).incident()).isEqualTo(changes.get(0).incident());
        assertThat(watch.open()).isEmpty();
    }

    @Test
    void theRestartOfASidecarIsNoIncident() {
        IncidentWatch watch = watch();
        dns.problem = Optional.of("away");
        lookFor(watch, Duration.ofSeconds(10));
        dns.problem = Optional.empty();
        lookFor(watch, Duration.ofMinutes(10));

        assertThat(changes).isEmpty();
    }

    @Test
    void aCertainConditionIsReportedAtOnce() {
        dns.isCertain = true;
        dns.problem = Optional.of("a mail failed");
        watch().look();

        assertThat(changes).hasSize(1);
    }

    @Test
    void aConditionThatComesAndGoesForADayCausesFewReports() {
        IncidentWatch watch = watch();
        for (int i = 0; i < 24 * 15; i++) {
            dns.problem = Optional.of("away");
            lookFor(watch, Duration.ofMinutes(2));
            dns.problem = Optional.empty();
            lookFor(watch, Duration.ofMinutes(2));
        }

        assertThat(changes).hasSizeLessThan(100);
    }

    @Test
    void anIncidentThatWasOpenBeforeARestartIsNotReportedAgainAndItsEndIs() {
        Incident before = new Incident("id", IncidentKind.DNS, BEGIN.minusSeconds(3600), "away");
        IncidentWatch watch = watch(before);
        dns.problem = Optional.of("away");
        lookFor(watch, Duration.ofMinutes(5));
        assertThat(changes).isEmpty();

        dns.problem = Optional.empty();
        lookFor(watch, Duration.ofMinutes(5));
        assertThat(changes).singleElement().satisfies(end -> {
            assertThat(end.isEnd()).isTrue();
            assertThat(end.incident()).isEqualTo(before);
        });
    }

    @Test
    void aCheckThatThrowsNeitherBeginsNorEndsAnIncident() {
        IncidentWatch watch = watch();
        dns.problem = Optional.of("away");
        lookFor(watch, Duration.ofMinutes(1));
        dns.isBroken = true;
        lookFor(watch, Duration.ofHours(1));

        assertThat(changes).hasSize(1);
        assertThat(watch.open()).hasSize(1);
    }

    @Test
    void aClockThatIsSetBackDoesNotDelayAReportByMoreThanTheUsualTime() {
        IncidentWatch watch = watch();
        dns.problem = Optional.of("away");
        watch.look();
        clock.add(Duration.ofDays(1).negated());
        lookFor(watch, Duration.ofSeconds(30));

        assertThat(changes).hasSize(1);
    }

    @Test
    void aReasonIsCut() {
        dns.isCertain = true;
        dns.problem = Optional.of("x".repeat(100_000));
        watch().look();

        assertThat(changes.get(0).incident().reason()).hasSizeLessThan(600);
    }
}
