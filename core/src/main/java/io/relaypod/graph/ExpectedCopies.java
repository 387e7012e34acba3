package io.relaypod.graph;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Copies that Mailpit accepted and that no file is known of, the longest waiting first. Bounded. For one thread. */
final class ExpectedCopies {

    // In this time smtp2graph's file of a copy has to be seen.
    private static final Duration DEADLINE = Duration.ofMinutes(1);
    // smtp2graph's file, and even Graph's answer, may be ahead of Mailpit's 250.
    private static final Duration AHEAD = Duration.ofSeconds(30);

    private final int most;
    private final Map<GraphCopy, Instant> deliveredAt = new LinkedHashMap<>();

    ExpectedCopies(int most) {
        this.most = most;
    }

    /** Whether what happened then may be part of a delivery, and is not part of an earlier one. */
    static boolean isOfDelivery(Instant at, Instant deliveredAt) {
        return !at.isBefore(deliveredAt.minus(AHEAD));
    }

    void add(GraphCopy copy, Instant at) {
        if (deliveredAt.size() >= most) {
            deliveredAt.remove(deliveredAt.keySet().iterator().next());
        }
        deliveredAt.put(copy, at);
    }

    /** Takes the expectation of a copy whose file was found, and returns when Mailpit accepted it. */
    Optional<Instant> take(GraphCopy found) {
        if (found.queueId().isEmpty()) {
            return Optional.empty();
        }
        // The usual copy has in its header whom it had in its envelope.
        Optional<Instant> same = Optional.ofNullable(deliveredAt.remove(found.withoutFile()));
        return same.isPresent() ? same : expectation(found).map(deliveredAt::remove);
    }

    private Optional<GraphCopy> expectation(GraphCopy found) {
        return deliveredAt.keySet().stream().filter(found::isOf).findFirst();
    }

    /** When Mailpit accepted the copy, if no file of it was seen in {@code queue/}. */
    Optional<Instant> acceptedAt(GraphCopy found) {
        return expectation(found).map(deliveredAt::get);
    }

    /** Those whose file should have been seen by now. */
    List<GraphCopy> overdue(Instant now) {
        return deliveredAt.entrySet().stream()
                .filter(each -> now.isAfter(each.getValue().plus(DEADLINE)))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** When Mailpit accepted them, the longest waiting first. */
    Map<GraphCopy, Instant> all() {
        return Collections.unmodifiableMap(deliveredAt);
    }
}
