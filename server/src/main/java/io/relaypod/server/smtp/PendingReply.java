package io.relaypod.server.smtp;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

import com.google.common.base.Suppliers;
import org.apache.james.protocols.api.Response;

/**
 * A reply that is not known yet. A command or a filter returns it like any other response; {@link SmtpDialogue} lets
 * the client's next lines wait for it, and no thread.
 *
 * <p>A hook that asks it for its code waits until the reply is known.
 */
final class PendingReply implements Response {

    private static final Executor CALLER = Runnable::run;

    private final CompletableFuture<?> awaited;
    private final Supplier<Response> reply;
    private final Runnable whenSent;
    private final boolean isDelayed;

    /**
     * @param awaited what has to complete first
     * @param reply asked once, then, on the session's thread, unless the client has gone; it may be a pending one too
     * @param whenSent run when the reply has been sent, or the client has gone
     */
    PendingReply(CompletableFuture<?> awaited, Supplier<Response> reply, Runnable whenSent) {
        this(awaited, reply, whenSent, false);
    }

    PendingReply(CompletableFuture<?> awaited, Supplier<Response> reply) {
        this(awaited, reply, () -> {});
    }

    private PendingReply(CompletableFuture<?> awaited, Supplier<Response> reply, Runnable whenSent, boolean isDelayed) {
        this.awaited = awaited;
        this.reply = Suppliers.memoize(reply::get);
        this.whenSent = whenSent;
        this.isDelayed = isDelayed;
    }

    /** A reply that is known, and that the client shall wait for. */
    static PendingReply delayed(Duration time, Response reply, Runnable whenSent) {
        return new PendingReply(after(time), () -> reply, whenSent, true);
    }

    /** The reply with a change to it, made on the session's thread. */
    PendingReply map(UnaryOperator<Response> change) {
        return new PendingReply(awaited, () -> change.apply(reply.get()), whenSent, isDelayed);
    }

    /** Whether the reply is known and only delayed, so that a client may be cut off without it. */
    boolean isDelayed() {
        return isDelayed;
    }

    CompletableFuture<?> awaited() {
        return awaited;
    }

    Supplier<Response> reply() {
        return reply;
    }

    Runnable whenSent() {
        return whenSent;
    }

    /** Completes after so long, without a thread that waits; is complete for no time or less. */
    static CompletableFuture<Void> after(Duration time) {
        return time.isZero() || time.isNegative()
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.runAsync(
                        () -> {}, CompletableFuture.delayedExecutor(time.toNanos(), TimeUnit.NANOSECONDS, CALLER));
    }

    private Response known() {
        awaited.join();
        return reply.get();
    }

    @Override
    public String getRetCode() {
        return known().getRetCode();
    }

    @Override
    public List<CharSequence> getLines() {
        return known().getLines();
    }

    @Override
    public boolean isEndSession() {
        return known().isEndSession();
    }
}
