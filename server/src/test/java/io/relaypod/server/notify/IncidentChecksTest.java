package io.relaypod.server.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEvent.MailStored;
import io.relaypod.graph.GraphCode;
import io.relaypod.graph.GraphCopies;
import io.relaypod.graph.GraphError;
import io.relaypod.graph.GraphIncident;
import io.relaypod.graph.GraphIncident.GraphCondition;
import io.relaypod.incidents.IncidentKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.threeten.extra.MutableClock;

class IncidentChecksTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private static MailFailed failed(String id) {
        return new MailFailed(id, "me@example.com", List.of("you@example.org"), "554 no mailbox you@example.org");
    }

    @Test
    void aFailedMailIsNamedWithoutTheLocalPartOfAnAddressAndCountedOnce() {
        FailedMailIncidentCheck check = new FailedMailIncidentCheck(Clock.fixed(NOW, ZoneOffset.UTC));
        assertThat(check.problem()).isEmpty();

        check.onEvent(failed("Mail1"));
        check.onEvent(new MailStored("Mail1", "me@example.com", List.of(), "var/mail/failed", "554 no mailbox"));
        assertThat(check.problem()).contains("one message, Mail1: 554 no mailbox ***@example.org");

        IntStream.range(2, 500).forEach(number -> check.onEvent(failed("Mail" + number)));
        assertThat(check.problem().orElseThrow()).startsWith("499 messages, the last, Mail499: ");
    }

    @Test
    void aMailToPostmasterThatIsStoredHasNotFailed() {
        FailedMailIncidentCheck check = new FailedMailIncidentCheck(Clock.fixed(NOW, ZoneOffset.UTC));
        check.onEvent(new MailStored("Mail1", "me@example.com", List.of(), "var/mail/postmaster", ""));

        assertThat(check.problem()).isEmpty();
    }

    @Test
    void theIncidentOfFailedMailEndsAnHourAfterTheLast() {
        MutableClock clock = MutableClock.of(NOW, ZoneOffset.UTC);
        FailedMailIncidentCheck check = new FailedMailIncidentCheck(clock);
        check.onEvent(failed("Mail1"));
        clock.setInstant(NOW.plus(Duration.ofMinutes(59)));
        assertThat(check.problem()).isPresent();
        clock.setInstant(NOW.plus(Duration.ofMinutes(61)));
        assertThat(check.problem()).isEmpty();
        check.onEvent(failed("Mail2"));
        assertThat(check.problem().orElseThrow()).startsWith("one message, Mail2");
    }

    @Test
    void aRefusedSecretIsOneIncidentAndNothingAcceptedAnother() {
        GraphIncident refused = new GraphIncident(
                GraphCondition.SECRET_REFUSED,
                new GraphError(GraphCode.SECRET_EXPIRED, "AADSTS7000222", "the secret of me@ours.example expired"),
                NOW,
                2);
        Optional<GraphCopies> copies = Optional.of(mock(GraphCopies.class));
        when(copies.get().incident()).thenReturn(Optional.of(refused));

        assertThat(new GraphIncidentCheck(IncidentKind.GRAPH, copies).problem()).isEmpty();
        assertThat(new GraphIncidentCheck(IncidentKind.SECRET, copies).problem())
                .contains("the secret of ***@ours.example expired; 2 messages wait since 2026-01-01T00:00:00Z");
        assertThat(new GraphIncidentCheck(IncidentKind.SECRET, Optional.empty()).problem())
                .isEmpty();
    }

    @Test
    void aDiskWithRoomIsNoProblem(@TempDir Path directory) {
        assertThat(new DiskIncidentCheck(directory).problem()).isEmpty();
    }
}
