package io.relaypod.server.monitoring;

import static io.relaypod.threads.Background.logFailure;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection whose client does not send a whole request, or does not read its answer, in time. The time
 * between requests is longer, since Prometheus keeps its connection open. While a request is answered, no other is
 * read. If one read has many requests, a few are answered, and then the connection is closed. All methods run on the
 * channel's I/O thread.
 */
final class RequestDeadline extends ChannelDuplexHandler {

    // Longer than the usual scrape interval.
    private static final Duration KEPT_ALIVE = Duration.ofMinutes(2);
    private static final int ANSWER_READ_TIMES = 3;
    private static final int MAX_AT_ONCE = 4;

    private final Duration first;
    private final MonitoringConnections connections;
    private @Nullable Future<?> deadline;
    // One read may have several requests.
    private int unanswered;
    private boolean isTooMany;

    /** @param first the time for the first request */
    RequestDeadline(Duration first, MonitoringConnections connections) {
        this.first = first;
        this.connections = connections;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        closeAfter(context, first);
        connections.waitFor(context.channel());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (isTooMany || unanswered == MAX_AT_ONCE) {
            isTooMany = true;
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof FullHttpRequest) {
            connections.answer(context.channel());
            unanswered++;
            context.channel().config().setAutoRead(false);
            closeAfter(context, first.multipliedBy(ANSWER_READ_TIMES));
        }
        super.channelRead(context, message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
        super.write(
                context,
                message,
                message instanceof LastHttpContent
                        ? promise.unvoid().addListener(written -> {
                            if (--unanswered == 0 && isTooMany) {
                                logFailure(context.close());
                            } else if (unanswered == 0 && context.channel().isActive()) {
                                context.channel().config().setAutoRead(true);
                                closeAfter(context, KEPT_ALIVE);
                                connections.waitFor(context.channel());
                            }
                        })
                        : promise);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        cancel();
        connections.remove(context.channel());
        super.channelInactive(context);
    }

    private void closeAfter(ChannelHandlerContext context, Duration time) {
        cancel();
        deadline =
                context.executor().schedule(() -> logFailure(context.close()), time.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void cancel() {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }
}
