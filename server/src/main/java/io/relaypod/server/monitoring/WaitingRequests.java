package io.relaypod.server.monitoring;

import static io.relaypod.threads.Background.logFailure;

import java.util.concurrent.Semaphore;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

/**
 * Bounds the number of requests of all connections that wait for a thread. Closes the connection of a request beyond
 * the bound.
 */
final class WaitingRequests extends ChannelInboundHandlerAdapter {

    private final Semaphore permits;

    /** @param permits one for each request that may wait; the handler of a request must release its permit */
    WaitingRequests(Semaphore permits) {
        this.permits = permits;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object request) {
        if (permits.tryAcquire()) {
            context.fireChannelRead(request);
        } else {
            ReferenceCountUtil.release(request);
            logFailure(context.close());
        }
    }
}
