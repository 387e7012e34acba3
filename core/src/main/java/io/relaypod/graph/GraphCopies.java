package io.relaypod.graph;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Copies between Mailpit's 250 and Graph's 202. Thread-safe. */
public interface GraphCopies {

    /**
     * A copy that has not been accepted.
     *
     * @param last the change that brought it into its state
     * @param deliveredAt when Mailpit accepted it; the file's time if the relay did not see that
     * @param attempts failed attempts
     */
    record WaitingCopy(CopyChange last, Instant deliveredAt, int attempts) {}

    /** Whether smtp2graph's directories can be read; if not, nothing is published and nothing becomes missing. */
    default boolean isFollowing() {
        return summary().problem().isEmpty();
    }

    /**
     * Whether the system reports each change of the directories. If not, a file that Graph accepts at once may never be
     * seen, and its copy counts as missing.
     */
    default boolean hasEvents() {
        return true;
    }

    /**
     * Whether smtp2graph's directories are being emptied, or were seconds ago. A copy that Graph accepts now would
     * count as lost, and be sent a second time.
     */
    default boolean isBeingEmptied() {
        return false;
    }

    /** Whether Graph accepted a copy with this queue id for these recipients, as far as is known. */
    boolean isAccepted(String queueId, List<String> recipients);

    /**
     * The last change of a copy that is not accepted.
     *
     * @return empty if no copy with this queue id for these recipients is expected, in {@code queue/} or
     *     {@code failed/}, or was withdrawn; a file in {@code temp/} alone does not tell that smtp2graph has accepted
     *     it
     */
    Optional<CopyChange> find(String queueId, List<String> recipients);

    /** Whether the relay moves copies that failed, so that they are sent again. */
    boolean isHealing();

    /** Copies that are not accepted, the longest waiting first. */
    List<WaitingCopy> waiting(int limit);

    /** The state of all copies. */
    GraphSummary summary();

    /** What keeps mail from Graph now; empty if there is nothing to be done. */
    default Optional<GraphIncident> incident() {
        return summary().incident();
    }

    /**
     * All copies at one moment.
     *
     * @param problem why the directories cannot be followed; empty if they are
     * @param counts copies that are not accepted, by state; every state but the final ones is a key
     * @param oldest when Mailpit accepted the longest waiting of them
     * @param lastAccepted when Graph last accepted a copy
     * @param deniedMailboxes number of mailboxes from which Graph lets the application not send
     * @param incident the gravest condition that an administrator has to end
     */
    record GraphSummary(
            Optional<String> problem,
            Map<CopyState, Integer> counts,
            Optional<Instant> oldest,
            Optional<Instant> lastAccepted,
            int deniedMailboxes,
            Optional<GraphIncident> incident) {

        /** Keeps its own copy of the counts. */
        public GraphSummary {
            counts = Map.copyOf(counts);
        }

        /** Number of copies that are not accepted. */
        public int waiting() {
            return counts.values().stream().mapToInt(Integer::intValue).sum();
        }
    }
}
