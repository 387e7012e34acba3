package io.relaypod.server.queue;

import io.relaypod.server.queue.inflight.InFlightMails;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;

/** A message of the broker that a subscriber handles. Thread-safe. */
final class MessageInFlight {

    private final ClientMessage message;
    private final DequeueSession session;
    private final InFlightMails.Mark mark;
    private final Runnable ended;
    private final Runnable kept;
    private boolean hasEnded;

    /**
     * @param ended is run once, when the work on the mail has ended
     * @param kept is run if the mail did not leave the queue
     */
    MessageInFlight(
            ClientMessage message, DequeueSession session, InFlightMails.Mark mark, Runnable ended, Runnable kept) {
        this.message = message;
        this.session = session;
        this.mark = mark;
        this.ended = ended;
        this.kept = kept;
    }

    ClientMessage message() {
        return message;
    }

    InFlightMails.Mark mark() {
        return mark;
    }

    /**
     * The subscriber has finished with the mail.
     *
     * @param isRemoved whether the mail left the queue; if not, the broker redelivers it, to this relay or another
     */
    void done(boolean isRemoved) {
        if (!isRemoved) {
            kept.run();
        }
        held();
    }

    /**
     * The work on the mail has ended. It stays in the queue until it is acknowledged, or until the session is closed,
     * which redelivers it.
     */
    synchronized void held() {
        if (!hasEnded) {
            hasEnded = true;
            mark.close();
            ended.run();
        }
    }

    /** Whether the broker redelivers the message, to this relay or another, because its connection has broken. */
    boolean isLost() {
        return session.isClosed();
    }

    /**
     * Removes the message permanently. Does not wait for the broker: if a crash loses the acknowledgement, the mail is
     * delivered twice, and not lost.
     */
    void acknowledge() throws ActiveMQException {
        session.acknowledge(message);
    }
}
