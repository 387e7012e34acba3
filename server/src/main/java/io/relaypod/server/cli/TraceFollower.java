package io.relaypod.server.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Prints each event of the trace when it happens, a line each, until the process is interrupted. For one thread. */
final class TraceFollower {

    // An event is in the trace within a quarter of a second; clocks of two machines differ by more.
    private static final Duration WINDOW = Duration.ofSeconds(15);
    private static final int REMEMBERED = 20_000;
    private static final String MAILS = "1000";

    private final WebAdminClient webadmin;
    private final Terminal terminal;
    private final Duration pause;
    private final Map<String, Boolean> printed = new LinkedHashMap<>() {

        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    };
    private Instant newest = Instant.EPOCH;

    /** @param pause between two polls */
    TraceFollower(WebAdminClient webadmin, Terminal terminal, Duration pause) {
        this.webadmin = webadmin;
        this.terminal = terminal;
        this.pause = pause;
    }

    private record FollowedStep(Instant at, String mail, JsonNode step) {

        String key() {
            return at + " " + mail + " " + step.path("event").asText() + " " + step.path("recipients");
        }
    }

    /**
     * Follows the trace. Does not print what happened before.
     *
     * @param asked parameters of {@code /relay/trace}
     * @return when the thread is interrupted
     */
    int follow(Map<String, String> asked) {
        Map<String, String> parameters = new LinkedHashMap<>(asked);
        parameters.put("since", WINDOW.toSeconds() + "s");
        parameters.put(TraceLines.LIMIT, MAILS);
        String path = "/relay/trace?" + WebAdminClient.parameters(parameters);
        boolean isFirst = true;
        while (true) {
            for (FollowedStep step : steps(webadmin.get(path))) {
                boolean isNew = printed.put(step.key(), true) == null;
                if (isNew && !isFirst) {
                    print(step);
                }
            }
            isFirst = false;
            try {
                Thread.sleep(pause.toMillis());
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                return Terminal.DONE;
            }
        }
    }

    /** The steps of the last seconds. A mail that had an event just now comes with its earlier ones. */
    private List<FollowedStep> steps(JsonNode mails) {
        List<FollowedStep> steps = new ArrayList<>();
        for (JsonNode mail : mails) {
            for (JsonNode step : mail.path("steps")) {
                String queueId = Terminal.orElse(
                        step.path("queueId"), mail.path("queueId").asText());
                steps.add(new FollowedStep(
                        Instant.parse(step.path("at").asText()),
                        queueId.isEmpty() ? mail.path("session").asText() : queueId,
                        step));
            }
        }
        steps.forEach(step -> newest = step.at().isAfter(newest) ? step.at() : newest);
        steps.removeIf(step -> step.at().isBefore(newest.minus(WINDOW)));
        steps.sort(Comparator.comparing(FollowedStep::at));
        return steps;
    }

    private void print(FollowedStep followed) {
        JsonNode step = followed.step();
        if (terminal.isJson()) {
            terminal.jsonLine(((ObjectNode) step.deepCopy()).put("queueId", followed.mail()));
        } else {
            terminal.line(
                    "%s  %s  %s  %s",
                    Terminal.seconds(step.path("at")),
                    step.path("event").asText(),
                    followed.mail(),
                    TraceLines.words(step));
        }
    }
}
