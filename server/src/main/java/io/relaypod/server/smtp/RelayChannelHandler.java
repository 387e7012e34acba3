package io.relaypod.server.smtp;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.apache.james.protocols.api.Protocol;
import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.ProtocolSessionImpl;
import org.apache.james.protocols.netty.BasicChannelInboundHandler;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.HandlerConstants;
import org.apache.james.protocols.netty.ProtocolMDCContextFactory;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.smtpserver.netty.SmtpMetrics;
import org.apache.james.util.MDCBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import io.relaypod.domain.RecipientAnswer;
import io.relaypod.domain.RecipientRule;
import io.relaypod.mailets.PendingAnswer;
import io.relaypod.server.settings.ClientLimits;

/**
 * One connection. While DNS is asked about a recipient it is the client's line that waits, with those behind it, and not a thread:
 * James runs all connections on a few I/O threads, so one that waited would stop hundreds of others.
 *
 * <p>The question is asked when the RCPT line arrives; the line goes on to James when the answer is there, and
 * {@link io.relaypod.mailets.MxRcptHook} finds it in the session. Lines keep their order, and once one waits behind another nothing more
 * is read from the socket, so what a client sends ahead is bounded by two reads.
 *
 * <p>A client that is refused one recipient after the other waits longer and longer for the next refusal, and is then cut off. All methods
 * run on the channel's I/O thread.
 */
final class RelayChannelHandler extends BasicChannelInboundHandler {

    private static final Logger LOGGER = LoggerFactory.getLogger(RelayChannelHandler.class);

    private static final String TOO_MANY_CONNECTIONS = "421 4.7.0 Too many connections, try again later\r\n";
    private static final String TOO_MANY_BAD_RECIPIENTS = "421 4.7.0 Too many refused recipients, closing connection\r\n";
    private static final String IDLE_TOO_LONG = "421 4.7.0 Idle for too long, closing connection\r\n";

    private static final long DELAY_STEP_MILLIS = 100;
    private static final long LONGEST_DELAY_MILLIS = 2_000;

    private final RecipientRule rule;
    private final SmtpMetrics metrics;
    private final ClientLimits limits;
    private final OpenConnections openConnections;
    private final Deque<Object> waitingLines = new ArrayDeque<>();
    private boolean waiting;
    private boolean storing;
    private boolean served;
    private boolean cutOff;
    private int lineHandlers;
    private int badRecipients;

    RelayChannelHandler(Protocol protocol, Encryption encryption, boolean proxyRequired, SmtpMetrics metrics, RecipientRule rule,
                        ClientLimits limits, OpenConnections openConnections) {
        super(new NoMdc(), protocol, encryption, proxyRequired);
        this.rule = rule;
        this.metrics = metrics;
        this.limits = limits;
        this.openConnections = openConnections;
        this.resultHandlers.add((session, response, executionTime, handler) -> {
            metrics.getCommandsMetric().increment();
            return response;
        });
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        // James' own closes without a word, and only after twice its time.
        context.pipeline().replace(HandlerConstants.TIMEOUT_HANDLER, HandlerConstants.TIMEOUT_HANDLER,
            new IdleStateHandler(limits.idle().toMillis(), 0, 0, TimeUnit.MILLISECONDS));
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
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        waitingLines.forEach(ReferenceCountUtil::release);
        waitingLines.clear();
        if (served) {
            served = false;
            openConnections.close(client(context));
            metrics.getConnectionMetric().decrement();
            super.channelInactive(context);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (event instanceof IdleStateEvent) {
            if (storing) {
                return; // it is the client who waits
            }
            LOGGER.info("event=idle client={} timeout={}", client(context).getHostAddress(), limits.idle());
            cutOff = true;
            sayAndClose(context, IDLE_TOO_LONG);
        } else {
            super.userEventTriggered(context, event);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object line) throws Exception {
        if (!served || cutOff) {
            ReferenceCountUtil.release(line);
        } else if (waiting) {
            waitingLines.addLast(line);
            context.channel().config().setAutoRead(false);
        } else {
            handle(context, line);
        }
    }

    private void handle(ChannelHandlerContext context, Object line) throws Exception {
        if (lineHandlers > 0) {
            super.channelRead(context, line);
            if (lineHandlers == 0) {
                awaitReply(context);
            }
            return;
        }
        Optional<CompletableFuture<RecipientAnswer>> asked = askAhead(context, line);
        if (asked.isEmpty()) {
            super.channelRead(context, line);
        } else if (asked.get().isDone()) {
            answered(context, line, asked.get().join());
        } else {
            hold(line);
            asked.get().thenAccept(answer -> context.executor().execute(() -> goOn(context, () -> answered(context, waitingLines.removeFirst(), answer))));
        }
    }

    private void answered(ChannelHandlerContext context, Object line, RecipientAnswer answer) throws Exception {
        if (answer.isAccepted() || answer.isTemporary() || limits.badRecipients() == 0) {
            super.channelRead(context, line);
            return;
        }
        badRecipients++;
        long delay = delayMillis();
        if (badRecipients > limits.badRecipients()) {
            LOGGER.info("event=cut-off client={} refused-rcpts={}", client(context).getHostAddress(), badRecipients);
            ReferenceCountUtil.release(line);
            cutOff = true;
            sayAndClose(context, TOO_MANY_BAD_RECIPIENTS);
        } else if (delay == 0) {
            super.channelRead(context, line);
        } else {
            hold(line);
            context.executor().schedule(() -> goOn(context, () -> super.channelRead(context, waitingLines.removeFirst())), delay, TimeUnit.MILLISECONDS);
        }
    }

    /** Nothing for the first half of the refusals that are allowed, so that a mistyped address costs no time; then longer each time. */
    private long delayMillis() {
        return Math.min(LONGEST_DELAY_MILLIS, Math.max(0, badRecipients - limits.badRecipients() / 2) * DELAY_STEP_MILLIS);
    }

    private void hold(Object line) {
        waiting = true;
        waitingLines.addFirst(line);
    }

    /** At the end of a mail: lets the client's next lines wait, and its leaving too, until the mail is stored. */
    private void awaitReply(ChannelHandlerContext context) {
        ProtocolSessionImpl session = (ProtocolSessionImpl) context.channel().attr(SESSION_ATTRIBUTE_KEY).get();
        session.removeAttachment(PendingReply.KEY, State.Connection).ifPresent(pending -> {
            waiting = true;
            storing = true;
            context.channel().config().setAutoRead(false);
            pending.reply().thenAccept(reply -> context.executor().execute(() -> {
                storing = false;
                goOn(context, () -> session.getProtocolTransport().writeResponse(reply, session));
                pending.given().run();
            }));
        });
    }

    /** What is done when the wait is over. */
    @FunctionalInterface
    private interface Step {
        void run() throws Exception;
    }

    private void goOn(ChannelHandlerContext context, Step step) {
        waiting = false;
        if (!served) {
            return; // the client has gone, and its lines with it
        }
        try {
            step.run();
            while (!waiting && !waitingLines.isEmpty()) {
                channelRead(context, waitingLines.removeFirst());
            }
        } catch (Exception failure) {
            context.fireExceptionCaught(failure);
        }
        if (!waiting) {
            context.channel().config().setAutoRead(true);
        }
    }

    /** @return the answer that the line must have before James sees it, if it is a RCPT that James may accept */
    private Optional<CompletableFuture<RecipientAnswer>> askAhead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf line)) {
            return Optional.empty();
        }
        SMTPSession session = (SMTPSession) context.channel().attr(SESSION_ATTRIBUTE_KEY).get();
        if (session == null || !mayAsk(session)) {
            return Optional.empty();
        }
        return RcptLine.recipient(line).map(recipient -> {
            CompletableFuture<RecipientAnswer> answer = rule.answer(recipient.getLocalPart(), recipient.getDomain().asString()).toCompletableFuture();
            session.setAttachment(PendingAnswer.KEY, new PendingAnswer(recipient, answer), State.Connection);
            return answer;
        });
    }

    private static boolean mayAsk(SMTPSession session) {
        return session.isRelayingAllowed() && session.getAttachment(SMTPSession.SENDER, State.Transaction).isPresent();
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

    /** James would fill the MDC for every line, with the client's name looked up and with addresses that no log may show. */
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
