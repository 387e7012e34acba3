package io.relaypod.graph;

import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

import com.google.common.collect.HashMultimap;
import com.google.common.collect.SetMultimap;
import io.relaypod.graph.FollowedCopy.CopyPlace;

/** The followed copies by file name and by queue id, of bounded number. For one thread. */
final class CopyIndex {

    private final int most;
    private final Map<String, FollowedCopy> byFile = new LinkedHashMap<>();
    private final SetMultimap<String, FollowedCopy> byQueueId = HashMultimap.create();
    private int weight;
    private int foreignFailed;

    /** @param most copies and recipients, together */
    CopyIndex(int most) {
        this.most = most;
    }

    Optional<FollowedCopy> file(String name) {
        return Optional.ofNullable(byFile.get(name));
    }

    /**
     * A copy with the wanted queue id and all of the wanted recipients. After a failed delivery there may be several:
     * the one that may still be sent counts, and among equal ones the newest.
     */
    Optional<FollowedCopy> copyOf(GraphCopy wanted) {
        return byQueueId.get(wanted.queueId().orElse("")).stream()
                .filter(followed -> followed.copy().isOf(wanted))
                .max(Comparator.comparing(CopyIndex::precedence).thenComparing(FollowedCopy::deliveredAt));
    }

    private static int precedence(FollowedCopy followed) {
        return switch (followed.place()) {
            case QUEUE, RELAY -> 2;
            case FAILED -> 1;
            case TEMP -> 0;
        };
    }

    /** @return false if there is no room */
    boolean add(FollowedCopy followed) {
        remove(followed.fileName());
        if (weight >= most) {
            return false;
        }
        byFile.put(followed.fileName(), followed);
        followed.copy().queueId().ifPresent(id -> byQueueId.put(id, followed));
        weight += weight(followed);
        if (isForeignFailed(followed)) {
            foreignFailed += weight(followed);
        }
        return true;
    }

    Optional<FollowedCopy> remove(String name) {
        Optional<FollowedCopy> removed = Optional.ofNullable(byFile.remove(name));
        removed.ifPresent(followed -> {
            followed.copy().queueId().ifPresent(id -> byQueueId.remove(id, followed));
            weight -= weight(followed);
        });
        return removed;
    }

    /**
     * Whether another file of unknown origin may be added there. Those in {@code failed/} have a quarter of the room,
     * so that old failures do not displace what is being sent.
     */
    boolean hasRoom(CopyPlace place) {
        return weight < most && (place != CopyPlace.FAILED || foreignFailed < most / 4);
    }

    /** Counts files of unknown origin in {@code failed/} again, as others may have moved there or away. */
    void countFailed() {
        foreignFailed = byFile.values().stream()
                .filter(CopyIndex::isForeignFailed)
                .mapToInt(CopyIndex::weight)
                .sum();
    }

    private static boolean isForeignFailed(FollowedCopy followed) {
        return followed.place() == CopyPlace.FAILED && !followed.isOurs();
    }

    Collection<FollowedCopy> all() {
        return Collections.unmodifiableCollection(byFile.values());
    }

    int size() {
        return byFile.size();
    }

    private static int weight(FollowedCopy followed) {
        return 1 + followed.copy().recipients().size();
    }
}
