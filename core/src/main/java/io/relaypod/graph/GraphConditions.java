package io.relaypod.graph;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import io.relaypod.graph.GraphCopies.GraphSummary;
import io.relaypod.graph.GraphIncident.GraphCondition;

/** Derives from the changes of copies what an administrator has to do. For one thread. */
final class GraphConditions {

    /** Time without an acceptance, while copies wait, after which this is reported. */
    static final Duration PATIENCE = Duration.ofMinutes(5);

    // An outage that ends by itself within this time is none of an administrator's business.
    private static final Duration OUTAGE = Duration.ofSeconds(30);
    private static final int MOST_MAILBOXES = 1_000;
    private static final GraphError NO_REASON =
            new GraphError(GraphCode.OTHER, "", "smtp2graph tells no reason; it may not be running");

    private final Map<String, DeniedMailbox> denied = new LinkedHashMap<>();
    private Optional<GraphIncident> secret = Optional.empty();
    private Optional<GraphError> lastError = Optional.empty();
    private Optional<Instant> lastAccepted = Optional.empty();
    private Optional<Instant> unreachableSince = Optional.empty();

    private record DeniedMailbox(GraphError error, Instant since) {}

    void onChange(CopyChange change) {
        if (change.state() == CopyState.ACCEPTED) {
            lastAccepted = Optional.of(change.at());
            lastError = Optional.empty();
            secret = Optional.empty();
            unreachableSince = Optional.empty();
            denied.remove(change.copy().mailbox());
            return;
        }
        if (change.state().isFailure() && change.error().isPresent()) {
            failed(change, change.error().get());
        }
    }

    private void failed(CopyChange change, GraphError error) {
        lastError = Optional.of(error);
        switch (error.code()) {
            case SECRET_EXPIRED ->
                secret = Optional.of(new GraphIncident(
                        GraphCondition.SECRET_REFUSED,
                        error,
                        secret.map(GraphIncident::since).orElse(change.at()),
                        0));
            case UNREACHABLE, OTHER -> unreachableSince = unreachableSince.or(() -> Optional.of(change.at()));
            // These are answers of Graph, which asks for a token first.
            case ACCESS_DENIED, SEND_AS_DENIED -> {
                secret = Optional.empty();
                if (denied.size() < MOST_MAILBOXES
                        || denied.containsKey(change.copy().mailbox())) {
                    denied.merge(
                            change.copy().mailbox(),
                            new DeniedMailbox(error, change.at()),
                            (before, now) -> new DeniedMailbox(error, before.since()));
                }
            }
            case THROTTLED, TOO_LARGE, BAD_RECIPIENT, BAD_CONTENT -> secret = Optional.empty();
        }
    }

    /**
     * The state of all copies.
     *
     * @param problem why the directories cannot be followed; empty if they are
     * @param unfollowed copies that the records have no room for, by state
     */
    GraphSummary summary(
            Optional<String> problem, CopyRecords records, Map<CopyState, Integer> unfollowed, Instant now) {
        Map<CopyState, Integer> counts = new EnumMap<>(CopyState.class);
        Stream.of(CopyState.values()).filter(state -> !state.isFinal()).forEach(state -> counts.put(state, 0));
        Set<String> mailboxes = new HashSet<>();
        for (FollowedCopy followed : records.index().all()) {
            counts.merge(followed.state(), 1, Integer::sum);
            mailboxes.add(followed.copy().mailbox());
        }
        counts.merge(CopyState.EXPECTED, records.expected().all().size(), Integer::sum);
        unfollowed.forEach((state, number) -> counts.merge(state, number, Integer::sum));
        forgetAllBut(mailboxes);
        Optional<Instant> oldest = records.oldest();
        int waiting = counts.values().stream().mapToInt(Integer::intValue).sum();
        return new GraphSummary(problem, counts, oldest, lastAccepted, denied.size(), incident(waiting, oldest, now));
    }

    private void forgetAllBut(Set<String> waitingMailboxes) {
        denied.keySet().retainAll(waitingMailboxes);
        if (waitingMailboxes.isEmpty()) {
            secret = Optional.empty();
            unreachableSince = Optional.empty();
        }
    }

    private Optional<GraphIncident> incident(int waiting, Optional<Instant> oldest, Instant now) {
        if (secret.isPresent()) {
            GraphIncident refused = secret.get();
            return Optional.of(new GraphIncident(refused.kind(), refused.error(), refused.since(), waiting));
        }
        if (unreachableSince.filter(now.minus(OUTAGE)::isAfter).isPresent()) {
            return Optional.of(new GraphIncident(
                    GraphCondition.NOTHING_ACCEPTED, lastError.orElse(NO_REASON), unreachableSince.get(), waiting));
        }
        Instant before = now.minus(PATIENCE);
        if (oldest.filter(before::isAfter).isPresent()
                && lastAccepted.filter(at -> at.isAfter(before)).isEmpty()) {
            Instant since = lastAccepted.filter(at -> at.isAfter(oldest.get())).orElse(oldest.get());
            return Optional.of(
                    new GraphIncident(GraphCondition.NOTHING_ACCEPTED, lastError.orElse(NO_REASON), since, waiting));
        }
        return denied.values().stream()
                .findFirst()
                .map(mailbox -> new GraphIncident(
                        GraphCondition.MAILBOX_DENIED, mailbox.error(), mailbox.since(), denied.size()));
    }
}
