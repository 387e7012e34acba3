package io.relaypod.server.trace;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The events of one mail, or of recipients that a client named without sending a mail.
 *
 * @param queueId empty if the mail was not accepted
 * @param session of the client that sent the mail; empty if the trace has no earlier entries
 * @param steps in their order of time
 */
public record TracedMail(String queueId, String session, List<TraceStep> steps) {

    private static final String SUBJECT = "subject";

    /** Keeps its own copy of the steps. */
    public TracedMail {
        steps = List.copyOf(steps);
    }

    /**
     * One event of the mail.
     *
     * @param queueId of a copy, if the mail was split; empty before the mail has one
     * @param messageId empty if unknown
     * @param sender empty if unknown, and for {@code MAIL FROM:<>}
     */
    public record TraceStep(
            Instant at,
            String event,
            String queueId,
            String messageId,
            String sender,
            List<String> recipients,
            Map<String, String> details) {}

    static TracedMail of(String queueId, String session, List<TraceEntry> entries) {
        return new TracedMail(
                queueId,
                session,
                entries.stream()
                        .map(entry -> new TraceStep(
                                entry.at(),
                                entry.event(),
                                entry.isOfSession() ? "" : entry.id(),
                                entry.messageId(),
                                entry.sender(),
                                entry.recipients(),
                                entry.details()))
                        .toList());
    }

    /** The Subject as it was received; empty if there is none, or if it was not recorded. */
    public String subject() {
        return steps.stream()
                .filter(step -> step.event().equals(TraceEntry.RECEIVED))
                .map(step -> step.details().getOrDefault(SUBJECT, ""))
                .findFirst()
                .orElse("");
    }

    /** The latest step that tells the mail's place. */
    public Optional<TraceStep> last() {
        return steps.isEmpty() ? Optional.empty() : Optional.of(steps.get(steps.size() - 1));
    }
}
