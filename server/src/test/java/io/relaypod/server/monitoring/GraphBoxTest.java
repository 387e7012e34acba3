package io.relaypod.server.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

import io.relaypod.graph.CopyState;
import io.relaypod.graph.GraphCopies.GraphSummary;
import io.relaypod.graph.GraphErrors;
import io.relaypod.graph.GraphIncident;
import io.relaypod.graph.GraphIncident.GraphCondition;
import org.junit.jupiter.api.Test;

class GraphBoxTest {

    private static final Instant NOW = Instant.parse("2026-11-27T06:00:00Z");

    @Test
    void anExpiredSecretIsShownAsBadWithTheReasonAndTheCure() {
        GraphIncident incident = new GraphIncident(
                GraphCondition.SECRET_REFUSED,
                new GraphErrors()
                        .classify("invalid_client: AADSTS7000222: The provided client secret keys are expired."),
                NOW.minusSeconds(70),
                3);
        GraphBox box = GraphBox.of(summary(CopyState.DEFERRED, 3, Optional.of(incident)), NOW);

        assertThat(box.colour()).isEqualTo("bad");
        assertThat(box.state()).isEqualTo("secret refused for 1 min");
        assertThat(box.detail())
                .contains("AADSTS7000222")
                .contains("has expired")
                .contains("Create a new client secret");
    }

    @Test
    void stuckCopiesAreShownAsAWarning() {
        GraphBox box = GraphBox.of(summary(CopyState.STUCK, 2, Optional.empty()), NOW);

        assertThat(box.colour()).isEqualTo("warn");
        assertThat(box.state()).isEqualTo("2 stuck or failed");
    }

    @Test
    void afterARestartTheWaitingMessagesAreShown() {
        GraphSummary waiting = new GraphSummary(
                Optional.empty(), Map.of(CopyState.QUEUED, 8), Optional.of(NOW), Optional.empty(), 0, Optional.empty());
        GraphSummary none =
                new GraphSummary(Optional.empty(), Map.of(), Optional.empty(), Optional.empty(), 0, Optional.empty());

        assertThat(GraphBox.of(waiting, NOW)).isEqualTo(new GraphBox("idle", "none accepted yet", "8 messages wait"));
        assertThat(GraphBox.of(none, NOW)).isEqualTo(new GraphBox("idle", "no message yet", "nothing waits"));
    }

    @Test
    void anErrorWithoutACodeShowsNoLocalPart() {
        GraphIncident incident = new GraphIncident(
                GraphCondition.NOTHING_ACCEPTED,
                new GraphErrors().classify("no luck with secret.name@ours.test"),
                NOW,
                1);

        assertThat(GraphBox.of(summary(CopyState.DEFERRED, 1, Optional.of(incident)), NOW)
                        .detail())
                .contains("@ours.test")
                .doesNotContain("secret.name");
    }

    private static GraphSummary summary(CopyState state, int copies, Optional<GraphIncident> incident) {
        return new GraphSummary(
                Optional.empty(), Map.of(state, copies), Optional.of(NOW), Optional.of(NOW), 0, incident);
    }
}
