package io.relaypod.graph;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Files that were in {@code queue/} and were deleted before the relay had read their headers, as when Graph answers
 * within milliseconds and the machine is busy. Bounded. For one thread.
 *
 * <p>Such files are those of expected copies if they were deleted at about the time at which Mailpit accepted the
 * copies, and if they are as many. With one more or one less, a copy may be lost, and nobody can tell which.
 */
final class UnidentifiedFiles {

    // The file may vanish before Mailpit's 250 has reached the relay.
    private static final Duration EARLIEST = Duration.ofSeconds(1);
    private static final Duration LATEST = Duration.ofSeconds(3);
    private static final Duration KEPT = Duration.ofMinutes(2);
    private static final int MOST = 10_000;

    private final List<Instant> deletedAt = new ArrayList<>();
    // A file's events may come one by one, the last of them after the file was answered.
    private final Set<String> seen = new LinkedHashSet<>();
    private Instant uncounted = Instant.EPOCH;

    /** The relay knows what became of this file; later events of it are no news. Returns false if it knew before. */
    boolean known(String name) {
        if (seen.size() >= MOST) {
            seen.remove(seen.iterator().next());
        }
        return seen.add(name);
    }

    /** A file had an event in {@code queue/}, is in no directory, and its header was never read. */
    void deleted(String name, Instant at) {
        if (!known(name)) {
            return;
        }
        if (deletedAt.size() < MOST) {
            deletedAt.add(at);
        } else {
            uncounted = at;
        }
    }

    /** Deletions until now were no acceptances. */
    void forget() {
        deletedAt.clear();
    }

    /**
     * Takes the deletions that belong to copies, and returns those copies.
     *
     * @param expected all copies that may have had one of the files, and when Mailpit accepted them
     */
    List<GraphCopy> take(Map<GraphCopy, Instant> expected, Instant now) {
        deletedAt.removeIf(now.minus(KEPT)::isAfter);
        if (expected.isEmpty() || deletedAt.isEmpty() || now.isBefore(uncounted.plus(KEPT))) {
            return List.of();
        }
        List<Map.Entry<GraphCopy, Instant>> sorted = expected.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .toList();
        deletedAt.sort(Comparator.naturalOrder());
        List<GraphCopy> taken = new ArrayList<>();
        List<Map.Entry<GraphCopy, Instant>> group = new ArrayList<>();
        for (Map.Entry<GraphCopy, Instant> each : sorted) {
            if (!group.isEmpty()
                    && each.getValue().minus(EARLIEST).isAfter(last(group).plus(LATEST))) {
                taken.addAll(takeGroup(group, now));
                group.clear();
            }
            group.add(each);
        }
        taken.addAll(takeGroup(group, now));
        return taken;
    }

    // Copies whose times overlap can only be told from the lost ones together.
    private List<GraphCopy> takeGroup(List<Map.Entry<GraphCopy, Instant>> group, Instant now) {
        Instant first = group.get(0).getValue().minus(EARLIEST);
        Instant latest = last(group).plus(LATEST);
        List<Instant> deletions = deletedAt.stream()
                .filter(at -> !at.isBefore(first) && !at.isAfter(latest))
                .toList();
        boolean isOpen = !now.isAfter(latest);
        if (isOpen || deletions.size() != group.size()) {
            return List.of();
        }
        for (int i = 0; i < deletions.size(); i++) {
            Instant delivered = group.get(i).getValue();
            if (deletions.get(i).isBefore(delivered.minus(EARLIEST))
                    || deletions.get(i).isAfter(delivered.plus(LATEST))) {
                return List.of();
            }
        }
        deletedAt.removeAll(deletions);
        return group.stream().map(Map.Entry::getKey).toList();
    }

    private static Instant last(List<Map.Entry<GraphCopy, Instant>> group) {
        return group.get(group.size() - 1).getValue();
    }
}
