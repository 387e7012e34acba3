package io.relaypod.server.trace;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of one mail, or of recipients that a client named without sending one.
 *
 * @param queueId empty when the mail was never taken
 * @param session of the client that sent it; empty when that was longer ago than is remembered
 * @param steps in the order in which they happened
 */
public record TracedMail(String queueId, String session, List<TraceStep> steps) {

    /** Keeps its own copy of the steps. */
    public TracedMail {
        steps = List.copyOf(steps);
    }

    /**
     * One thing that happened to it.
     *
     * @param queueId that of a copy, where the mail was split; empty before there was one
     * @param messageId empty where it is not known
     * @param sender empty where it is not known, or is
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

    /** The latest step that says where the mail is. */
    public Optional<TraceStep> last() {
        return steps.isEmpty() ? Optional.empty() : Optional.of(steps.get(steps.size() - 1));
    }
}
