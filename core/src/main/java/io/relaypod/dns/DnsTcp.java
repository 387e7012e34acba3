package io.relaypod.dns;

import static io.relaypod.threads.Background.logFailure;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import org.xbill.DNS.Message;

/**
 * A query over a TCP connection of its own (RFC 7766). Used on the thread of one event loop. The memory budget bounds
 * the number of queries at a time.
 */
final class DnsTcp extends SimpleChannelInboundHandler<ByteBuf> {

    private static final int LONGEST = 65_535;
    // The answer as received, and as parsed.
    private static final long MEMORY = 2 * (LONGEST + 1);

    private final Message query;
    private final DnsSockets.ReplyHandler handler;
    private final Reservation memory;
    private boolean isOver;

    private DnsTcp(Message query, DnsSockets.ReplyHandler handler, Reservation memory) {
        this.query = query;
        this.handler = handler;
        this.memory = memory;
    }

    /**
     * @param timeout from the start to the whole answer
     * @return cancels the query
     */
    static Runnable ask(
            EventLoop loop,
            InetSocketAddress server,
            Message query,
            Duration timeout,
            MemoryBudget budget,
            DnsSockets.ReplyHandler handler) {
        Optional<Reservation> memory = budget.tryReserve(MemoryUse.DNS_QUESTIONS, MEMORY);
        if (memory.isEmpty()) {
            handler.failed(new IOException("too many truncated answers at once"));
            return () -> {};
        }
        DnsTcp exchange = new DnsTcp(query, handler, memory.get());
        ChannelFuture connected = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(
                                        new LengthFieldBasedFrameDecoder(
                                                LONGEST + Short.BYTES, 0, Short.BYTES, 0, Short.BYTES),
                                        exchange);
                    }
                })
                .connect(server);
        connected.addListener(done -> {
            if (!done.isSuccess()) {
                exchange.fail(new IOException(done.cause()));
            }
        });
        Future<?> deadline = loop.schedule(
                () -> {
                    exchange.fail(new SocketTimeoutException(DnsSockets.TIMEOUT));
                    logFailure(connected.channel().close());
                },
                timeout.toNanos(),
                TimeUnit.NANOSECONDS);
        connected.channel().closeFuture().addListener(closed -> {
            deadline.cancel(false);
            exchange.fail(new ClosedChannelException());
        });
        return () -> {
            exchange.isOver = true;
            logFailure(connected.channel().close());
        };
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        byte[] wire = query.toWire();
        context.writeAndFlush(Unpooled.buffer(Short.BYTES + wire.length)
                        .writeShort(wire.length)
                        .writeBytes(wire))
                .addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) throws IOException {
        Message answer = new Message(ByteBufUtil.getBytes(frame));
        if (DnsSockets.isAnswer(query, answer)) {
            if (!isOver) {
                isOver = true;
                handler.answered(answer);
            }
            logFailure(context.close());
        }
    }

    /** Fails the query and closes the connection. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        fail(new IOException(cause));
        logFailure(context.close());
    }

    private void fail(IOException failure) {
        memory.close();
        if (!isOver) {
            isOver = true;
            handler.failed(failure);
        }
    }
}
