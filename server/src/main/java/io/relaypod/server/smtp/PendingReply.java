package io.relaypod.server.smtp;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPSession;

/**
 * A reply that is not known yet. James has no such thing: who has one tells James that there is no reply, and leaves it
 * in the session for {@link RelayChannelHandler}, which lets the client's next lines wait.
 *
 * @param awaited what has to complete first
 * @param reply asked then, on the session's thread, unless the client is gone; may itself say that the reply is pending
 * @param over run when the client has been told, or is gone
 */
record PendingReply(CompletableFuture<?> awaited, Supplier<Response> reply, Runnable over) {

    private static final AttachmentKey<PendingReply> KEY =
            AttachmentKey.of("relaypod.pendingReply", PendingReply.class);

    PendingReply(CompletableFuture<?> awaited, Supplier<Response> reply) {
        this(awaited, reply, () -> {});
    }

    /** @return what to tell James, whose way to say that there is no reply is null */
    Response leaveIn(SMTPSession session) {
        session.setAttachment(KEY, this, State.Connection);
        return null;
    }

    static Optional<PendingReply> takeFrom(SMTPSession session) {
        return session.removeAttachment(KEY, State.Connection);
    }

    /** What completes so long from now, on no thread that waits; at once for no time, or less. */
    static CompletableFuture<Void> after(Duration time) {
        Executor atOnce = Runnable::run;
        return time.isZero() || time.isNegative()
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.runAsync(
                        () -> {}, CompletableFuture.delayedExecutor(time.toNanos(), TimeUnit.NANOSECONDS, atOnce));
    }
}
