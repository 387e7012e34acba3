package io.relaypod.graph;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Copies that Mailpit accepted and that no file is known of, the longest waiting first. Bounded. For one thread. */
final class ExpectedCopies {

    /** Time in which smtp2graph's file of a copy has to be seen. */
    static final Duration DEADLINE = Duration.ofMinutes(1);
    // smtp2graph's file, and even Graph's answer, may be ahead of Mailpit's 250.
    private static final Duration AHEAD = Duration.ofSeconds(30);

    private final int most;
    private final Map<CopyKey, Instant> deliveredAt = new LinkedHashMap<>();

    /** A copy before it has a file. */
    record CopyKey(String queueId, List<String> recipients) {

        CopyKey {
            recipients = List.copyOf(recipients);
        }

        GraphCopy copy() {
            return new GraphCopy("", Optional.of(queueId), Optional.empty(), recipients, "");
        }
    }

    ExpectedCopies(int most) {
        this.most = most;
    }

    /** Whether what happened then may be part of a delivery, and is not part of an earlier one. */
    static boolean isOfDelivery(Instant at, Instant deliveredAt) {
        return !at.isBefore(deliveredAt.minus(AHEAD));
    }

    void add(CopyKey key, Instant at) {
        if (deliveredAt.size() >= most) {
            Iterator<CopyKey> oldest = deliveredAt.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
        deliveredAt.put(key, at);
    }

    /** Takes the expectation of a copy whose file was found, and returns when Mailpit accepted it. */
    Optional<Instant> take(GraphCopy found) {
        if (found.queueId().isEmpty()) {
            return Optional.empty();
        }
        String queueId = found.queueId().get();
        // The usual copy has in its header whom it had in its envelope.
        CopyKey same = new CopyKey(queueId, found.recipients());
        Instant at = deliveredAt.remove(same);
        if (at != null) {
            return Optional.of(at);
        }
        Optional<CopyKey> key = deliveredAt.keySet().stream()
                .filter(expected -> found.isOf(expected.queueId(), expected.recipients()))
                .findFirst();
        return key.map(deliveredAt::remove);
    }

    /** Whether Mailpit accepted the copy, and no file of it was seen in {@code queue/}. */
    boolean isExpected(GraphCopy found) {
        return acceptedAt(found).isPresent();
    }

    /** When Mailpit accepted the copy, if no file of it was seen in {@code queue/}. */
    Optional<Instant> acceptedAt(GraphCopy found) {
        return deliveredAt.entrySet().stream()
                .filter(expected -> found.isOf(
                        expected.getKey().queueId(), expected.getKey().recipients()))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    /** Those that have been expected for longer. */
    List<CopyKey> longerThan(Duration time, Instant now) {
        List<CopyKey> longer = new ArrayList<>();
        deliveredAt.forEach((key, at) -> {
            if (now.isAfter(at.plus(time))) {
                longer.add(key);
            }
        });
        return longer;
    }

    void removeAll(List<CopyKey> keys) {
        keys.forEach(deliveredAt::remove);
    }

    /** The longest waiting first. */
    Stream<CopyChange> changes() {
        return deliveredAt.entrySet().stream()
                .map(each ->
                        new CopyChange(each.getKey().copy(), CopyState.EXPECTED, each.getValue(), Optional.empty()));
    }

    Map<CopyKey, Instant> all() {
        return Map.copyOf(deliveredAt);
    }

    int size() {
        return deliveredAt.size();
    }
}
