package io.relaypod.server.smtp;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

import org.apache.james.protocols.api.Protocol;
import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.netty.BasicChannelInboundHandler;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.HandlerConstants;
import org.apache.james.protocols.netty.ProtocolMDCContextFactory;
import org.apache.james.smtpserver.netty.SmtpMetrics;
import org.apache.james.util.MDCBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import io.relaypod.server.settings.ClientLimits;

/**
 * One connection. While a reply is pending, as DNS is asked about a recipient or a mail is being stored, it is the client's next lines that
 * wait, and not a thread: James runs all connections on a few I/O threads, so one that waited would stop hundreds of others.
 *
 * <p>Lines keep their order, and once one waits behind another nothing more is read from the socket, so what a client sends ahead is
 * bounded by two reads. All methods run on the channel's I/O thread.
 */
final class RelayChannelHandler extends BasicChannelInboundHandler {

    private static final Logger LOGGER = LoggerFactory.getLogger(RelayChannelHandler.class);

    private static final String TOO_MANY_CONNECTIONS = "421 4.7.0 Too many connections, try again later\r\n";
    private static final String IDLE_TOO_LONG = "421 4.7.0 Idle for too long, closing connection\r\n";

    private final RelayCommands commands;
    private final SmtpMetrics metrics;
    private final ClientLimits limits;
    private final OpenConnections openConnections;
    private final ErrorLimit errors = new ErrorLimit();
    private final Deque<Object> waitingLines = new ArrayDeque<>();
    private RelaySession session;
    private boolean waiting;
    private boolean served;
    private boolean cutOff;
    private int lineHandlers;

    RelayChannelHandler(Protocol protocol, Encryption encryption, boolean proxyRequired, SmtpMetrics metrics, ClientLimits limits,
                        OpenConnections openConnections) {
        super(new NoMdc(), protocol, encryption, proxyRequired);
        this.commands = chain.getFirstHandler(RelayCommands.class).orElseThrow();
        this.metrics = metrics;
        this.limits = limits;
        this.openConnections = openConnections;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        // James' own closes without a word, and only after twice its time.
        context.pipeline().replace(HandlerConstants.TIMEOUT_HANDLER, HandlerConstants.TIMEOUT_HANDLER,
            new IdleStateHandler(limits.idle().toMillis(), 0, 0, TimeUnit.MILLISECONDS));
        // SMTP sends no files.
        context.pipeline().remove(HandlerConstants.CHUNK_HANDLER);
    }

    @Override
    protected ProtocolSession createSession(ChannelHandlerContext context) {
        session = (RelaySession) protocol.newSession(new RelayTransport(context.channel(), secure, proxyRequired));
        return session;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
        served = openConnections.tryOpen(client(context));
        if (!served) {
            LOGGER.info("event=too-many-connections client={}", client(context).getHostAddress());
            sayAndClose(context, TOO_MANY_CONNECTIONS);
            return;
        }
        metrics.getConnectionMetric().increment();
        super.channelActive(context);
        context.flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        releaseWaitingLines();
        if (served) {
            served = false;
            openConnections.close(client(context));
            metrics.getConnectionMetric().decrement();
            super.channelInactive(context);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (!(event instanceof IdleStateEvent)) {
            super.userEventTriggered(context, event);
        } else if (!waiting) { // else it is the client who waits
            LOGGER.info("event=idle client={} timeout={}", client(context).getHostAddress(), limits.idle());
            cutOff = true;
            sayAndClose(context, IDLE_TOO_LONG);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (!served || cutOff) {
            ReferenceCountUtil.release(message);
        } else if (waiting) {
            waitingLines.addLast(message);
            context.channel().config().setAutoRead(false);
        } else if (message instanceof ByteBuf line) {
            read(context, line);
        } else {
            super.channelRead(context, message);
        }
    }

    // A line of a mail goes to James' way of reading those; a command not, as James fills the MDC and makes promises for each.
    private void read(ChannelHandlerContext context, ByteBuf line) throws Exception {
        if (lineHandlers > 0) {
            super.channelRead(context, line);
            if (lineHandlers == 0) {
                waitIfPending(context);
                // So that who closes its side behind a mail is still answered: we hear of it later.
                context.channel().config().setAutoRead(!waiting);
            }
            return;
        }
        byte[] bytes = ByteBufUtil.getBytes(line);
        line.release();
        metrics.getCommandsMetric().increment();
        answer(context, commands.onLine(session, bytes));
    }

    private void answer(ChannelHandlerContext context, Response response) {
        // James' way to say that there is no reply is null.
        if (response == null) {
            waitIfPending(context);
            return;
        }
        Response counted = errors.counted(session, response);
        cutOff = counted.isEndSession();
        session.getProtocolTransport().writeResponse(counted, session);
    }

    private void waitIfPending(ChannelHandlerContext context) {
        PendingReply.takeFrom(session).ifPresent(pending -> {
            waiting = true;
            pending.awaited().whenComplete((done, failure) -> context.executor().execute(() -> {
                goOn(context, pending);
                pending.over().run();
            }));
        });
    }

    private void goOn(ChannelHandlerContext context, PendingReply pending) {
        waiting = false;
        if (!served) {
            return; // the client has gone, and its lines with it
        }
        try {
            answer(context, pending.reply().get());
            while (!waiting && !waitingLines.isEmpty()) {
                channelRead(context, waitingLines.removeFirst());
            }
        } catch (Exception failure) {
            exceptionCaught(context, failure);
        }
        context.flush();
        if (!waiting) {
            context.channel().config().setAutoRead(true);
        }
    }

    /** Tells the client, and closes: what it has sent behind the line that failed is not answered. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        cutOff = true;
        releaseWaitingLines();
        try {
            super.exceptionCaught(context, cause);
        } catch (Exception notTold) {
            LOGGER.error("event=not-told client={}", client(context).getHostAddress(), notTold);
            context.close();
        }
    }

    private void releaseWaitingLines() {
        waitingLines.forEach(ReferenceCountUtil::release);
        waitingLines.clear();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.flush();
    }

    private static InetAddress client(ChannelHandlerContext context) {
        return ((InetSocketAddress) context.channel().remoteAddress()).getAddress();
    }

    private static void sayAndClose(ChannelHandlerContext context, String reply) {
        context.writeAndFlush(Unpooled.copiedBuffer(reply, StandardCharsets.US_ASCII)).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void pushLineHandler(ChannelInboundHandlerAdapter lineHandler) {
        lineHandlers++;
        super.pushLineHandler(lineHandler);
    }

    @Override
    public void popLineHandler() {
        lineHandlers = Math.max(0, lineHandlers - 1);
        super.popLineHandler();
    }

    /** James would look up the client's name for it, and add addresses that no log may show. */
    private static final class NoMdc implements ProtocolMDCContextFactory {

        @Override
        public MDCBuilder onBound(Protocol protocol, ChannelHandlerContext context) {
            return MDCBuilder.create();
        }

        @Override
        public MDCBuilder withContext(ProtocolSession session) {
            return MDCBuilder.create();
        }
    }
}
