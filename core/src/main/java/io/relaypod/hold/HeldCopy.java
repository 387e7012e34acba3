package io.relaypod.hold;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import io.relaypod.graph.CopyChange;
import io.relaypod.graph.CopyState;
import io.relaypod.graph.GraphCopy;
import io.relaypod.graph.GraphError;

/** A copy between Mailpit's 250 and Graph's answer. Guarded by {@link GraphHold}. */
final class HeldCopy {

    final String mailbox;
    final Instant since;
    // Whether it is being sent, in one transaction or in several.
    boolean isBeingSent;
    private List<String> recipients;
    private boolean hasPlace;
    private CopyState state = CopyState.EXPECTED;
    private Optional<GraphError> error = Optional.empty();

    HeldCopy(List<String> recipients, String mailbox, boolean hasPlace, Instant since) {
        this.recipients = comparable(recipients);
        this.mailbox = mailbox;
        this.hasPlace = hasPlace;
        this.since = since;
    }

    /** The recipients in the form in which equal ones compare equal. */
    static List<String> comparable(List<String> recipients) {
        return GraphCopy.comparable(recipients).stream().distinct().sorted().toList();
    }

    /** In the form of {@link #comparable}, without those that were forgotten. */
    List<String> recipients() {
        return recipients;
    }

    void forget(Set<String> forgotten) {
        recipients = recipients.stream()
                .filter(recipient -> !forgotten.contains(recipient))
                .toList();
    }

    /** Takes the copy's place in the window away from it; false if it has none. */
    boolean takePlace() {
        boolean hadPlace = hasPlace;
        hasPlace = false;
        return hadPlace;
    }

    CopyState state() {
        return state;
    }

    /** The last failure. */
    Optional<GraphError> error() {
        return error;
    }

    /** Whether the change is one of this copy, and not of one among several that it is sent as. */
    boolean isOf(CopyChange change) {
        return change.copy().isFor(recipients);
    }

    void changed(CopyChange change) {
        state = change.state();
        error = change.error().or(() -> state.isFinal() || state.isFailure() ? error : Optional.empty());
    }
}
