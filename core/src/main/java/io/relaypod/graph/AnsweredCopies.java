package io.relaypod.graph;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

import com.google.common.collect.ArrayListMultimap;
import com.google.common.collect.ListMultimap;

/** The last copies that Graph accepted or that were withdrawn. Bounded; thread-safe. */
final class AnsweredCopies {

    private final int most;
    private final int mostRecipients;
    private final Deque<CopyChange> inOrder = new ArrayDeque<>();
    private final ListMultimap<String, CopyChange> byQueueId = ArrayListMultimap.create();
    private int recipients;

    AnsweredCopies(int most, int mostRecipients) {
        this.most = most;
        this.mostRecipients = mostRecipients;
    }

    synchronized void add(CopyChange change) {
        if (change.copy().queueId().isEmpty() || change.state() == CopyState.MISSING) {
            return;
        }
        inOrder.addLast(change);
        byQueueId.put(change.copy().queueId().get(), change);
        recipients += change.copy().recipients().size();
        while (inOrder.size() > most || (recipients > mostRecipients && inOrder.size() > 1)) {
            forget(inOrder.getFirst());
        }
    }

    private void forget(CopyChange change) {
        inOrder.remove(change);
        byQueueId.remove(change.copy().queueId().orElse(""), change);
        recipients -= change.copy().recipients().size();
    }

    /** Mailpit accepted the copy again, after an earlier one was withdrawn: that tells nothing of the new one. */
    synchronized void forgetWithdrawn(GraphCopy copy, Instant deliveredAt) {
        for (CopyChange change : List.copyOf(byQueueId.get(copy.queueId().orElse("")))) {
            if (change.state() == CopyState.WITHDRAWN
                    && change.at().isBefore(deliveredAt)
                    && change.copy().isOf(copy)) {
                forget(change);
            }
        }
    }

    synchronized Optional<CopyChange> of(GraphCopy wanted) {
        return byQueueId.get(wanted.queueId().orElse("")).stream()
                .filter(change -> change.copy().isOf(wanted))
                .reduce((earlier, later) -> later);
    }

    /** Whether the copy that Mailpit accepted then has an answer. */
    boolean isAnswered(GraphCopy wanted, Instant deliveredAt) {
        return of(wanted)
                .filter(change -> ExpectedCopies.isOfDelivery(change.at(), deliveredAt))
                .isPresent();
    }

    synchronized List<CopyChange> all() {
        return List.copyOf(inOrder);
    }
}
