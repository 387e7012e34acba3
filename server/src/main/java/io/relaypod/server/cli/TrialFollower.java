package io.relaypod.server.cli;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import com.fasterxml.jackson.databind.JsonNode;

/** Follows a mail in the relay's trace until its last event that is to be expected. */
final class TrialFollower {

    private static final Duration POLL = Duration.ofMillis(500);
    private static final Set<String> ENDS =
            Set.of("failed", "kept", "removed", "graph-accepted", "graph-failed", "graph-stuck");
    private static final String DELIVERED = "delivered";

    private final WebAdminClient webadmin;
    private final boolean isGraphKnown;

    /** @param isGraphKnown whether Graph's answer is an event too */
    TrialFollower(WebAdminClient webadmin, boolean isGraphKnown) {
        this.webadmin = webadmin;
        this.isGraphKnown = isGraphKnown;
    }

    /** The last event when the mail was there or the time was over; empty if there is none. */
    Optional<JsonNode> follow(String queueId, Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        Optional<JsonNode> last = last(queueId);
        while (last.filter(this::isEnd).isEmpty() && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
            last = last(queueId);
        }
        return last;
    }

    private boolean isEnd(JsonNode step) {
        String event = step.path("event").asText();
        return ENDS.contains(event) || event.equals(DELIVERED) && !isGraphKnown;
    }

    private Optional<JsonNode> last(String queueId) {
        JsonNode mails = webadmin.get("/relay/trace?" + WebAdminClient.parameters(Map.of("queueId", queueId)));
        JsonNode steps = mails.path(0).path("steps");
        return steps.isEmpty() ? Optional.empty() : Optional.of(steps.get(steps.size() - 1));
    }
}
