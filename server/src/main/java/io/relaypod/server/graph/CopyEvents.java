package io.relaypod.server.graph;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import javax.inject.Provider;

import io.relaypod.events.CopyEventKind;
import io.relaypod.events.MailEvent.CopyFollowed;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.events.QueueId;
import io.relaypod.graph.CopyChange;
import io.relaypod.graph.CopyState;
import io.relaypod.graph.GraphCopy;
import io.relaypod.graph.GraphError;
import io.relaypod.graph.GraphListener;
import io.relaypod.graph.HealingListener;

/** Publishes what happens behind Mailpit as events of the mail. Thread-safe. */
public final class CopyEvents implements GraphListener, HealingListener {

    private final Provider<MailEventPublisher> events;

    /** @param events made later, because its listeners know of those who follow copies */
    public CopyEvents(Provider<MailEventPublisher> events) {
        this.events = events;
    }

    @Override
    public void onChange(CopyChange change) {
        switch (change.state()) {
            case EXPECTED, IN_TEMP, QUEUED -> {}
            case ACCEPTED, DEFERRED, STUCK, FAILED, MISSING, WITHDRAWN ->
                publish(CopyEventKind.valueOf(change.state().name()), change.copy(), change.error(), delay(change));
        }
    }

    private static Optional<Duration> delay(CopyChange change) {
        // A clock that was set back does not make a delay negative.
        return change.copy()
                .queueId()
                .filter(id -> change.state() == CopyState.ACCEPTED)
                .flatMap(QueueId::receivedAt)
                .map(received -> between(received, change.at()));
    }

    private static Duration between(Instant received, Instant accepted) {
        return accepted.isBefore(received) ? Duration.ZERO : Duration.between(received, accepted);
    }

    @Override
    public void onMove(GraphCopy copy, HealingMove move, GraphError error) {
        publish(
                CopyEventKind.valueOf(move.name()),
                copy,
                Optional.of(error).filter(known -> !known.words().isEmpty()),
                Optional.empty());
    }

    private void publish(CopyEventKind kind, GraphCopy copy, Optional<GraphError> error, Optional<Duration> delay) {
        events.get()
                .publish(new CopyFollowed(
                        kind,
                        copy.queueId().orElse(""),
                        copy.recipients(),
                        copy.mailbox(),
                        copy.fileName(),
                        error,
                        delay));
    }
}
