package io.relaypod.server.smtp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.james.protocols.api.Protocol;
import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.netty.BasicChannelInboundHandler;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.ProtocolMDCContextFactory;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.smtpserver.netty.SmtpMetrics;
import org.apache.james.util.MDCBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.relaypod.domain.RecipientAnswer;
import io.relaypod.domain.RecipientRule;
import io.relaypod.mailets.PendingAnswer;

/**
 * One connection. While DNS is asked about a recipient it is the client's line that waits, with those behind it, and not a
 * thread: James runs all connections on a few I/O threads, so one that waited would stop hundreds of others.
 *
 * <p>The question is asked when the RCPT line arrives; the line goes on to James when the answer is there, and
 * {@link io.relaypod.mailets.MxRcptHook} finds it in the session. Lines keep their order, and while one waits nothing more is read
 * from the socket, so what a client sends ahead is bounded by one read. All methods run on the channel's I/O thread.
 */
final class RelayChannelHandler extends BasicChannelInboundHandler {

    private static final Logger LOGGER = LoggerFactory.getLogger(RelayChannelHandler.class);

    // Good enough to know what to ask DNS; James parses the command itself, and asks again if it reads another address.
    private static final Pattern RCPT = Pattern.compile("RCPT TO:\\s*<?(?<address>(?<local>[^<>\\s]*)@(?<domain>[^<>@\\s]+)).*\\s*",
        Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private final RecipientRule rule;
    private final SmtpMetrics metrics;
    private final Deque<Object> waitingLines = new ArrayDeque<>();
    private boolean waiting;
    private int lineHandlers;

    RelayChannelHandler(Protocol protocol, Encryption encryption, boolean proxyRequired, SmtpMetrics metrics, RecipientRule rule) {
        super(new NoMdc(), protocol, encryption, proxyRequired);
        this.rule = rule;
        this.metrics = metrics;
        this.resultHandlers.add((session, response, executionTime, handler) -> {
            metrics.getCommandsMetric().increment();
            return response;
        });
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
        super.channelActive(context);
        metrics.getConnectionMetric().increment();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        waitingLines.forEach(ReferenceCountUtil::release);
        waitingLines.clear();
        super.channelInactive(context);
        metrics.getConnectionMetric().decrement();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object line) throws Exception {
        if (waiting) {
            waitingLines.add(line);
            return;
        }
        Optional<CompletionStage<?>> answer = askAhead(context, line);
        if (answer.isEmpty()) {
            super.channelRead(context, line);
            return;
        }
        waiting = true;
        waitingLines.addFirst(line);
        context.channel().config().setAutoRead(false);
        answer.get().whenComplete((any, failure) -> context.executor().execute(() -> goOn(context)));
    }

    private void goOn(ChannelHandlerContext context) {
        waiting = false;
        if (!context.channel().isActive()) {
            return;
        }
        try {
            // The line at the head has its answer; the next RCPT may have to wait in its turn.
            boolean answered = true;
            while (!waiting && !waitingLines.isEmpty()) {
                Object line = waitingLines.removeFirst();
                if (answered) {
                    super.channelRead(context, line);
                    answered = false;
                } else {
                    channelRead(context, line);
                }
            }
        } catch (Exception failure) {
            context.fireExceptionCaught(failure);
        }
        if (!waiting) {
            context.channel().config().setAutoRead(true);
        }
    }

    /** @return what the line must wait for, if anything */
    private Optional<CompletionStage<?>> askAhead(ChannelHandlerContext context, Object message) {
        if (lineHandlers > 0 || !(message instanceof ByteBuf line)) {
            return Optional.empty();
        }
        SMTPSession session = (SMTPSession) context.channel().attr(SESSION_ATTRIBUTE_KEY).get();
        if (session == null || !mayAsk(session)) {
            return Optional.empty();
        }
        Matcher rcpt = RCPT.matcher(line.toString(StandardCharsets.US_ASCII));
        if (!rcpt.matches()) {
            return Optional.empty();
        }
        CompletionStage<RecipientAnswer> answer = rule.answer(rcpt.group("local"), rcpt.group("domain"));
        session.setAttachment(PendingAnswer.KEY, new PendingAnswer(rcpt.group("address"), answer), State.Connection);
        return answer.toCompletableFuture().isDone() ? Optional.empty() : Optional.of(answer);
    }

    private static boolean mayAsk(SMTPSession session) {
        return session.isRelayingAllowed() && session.getAttachment(SMTPSession.SENDER, State.Transaction).isPresent();
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

    @Override
    protected void cleanup(ChannelHandlerContext context) {
        LOGGER.debug("event=disconnected client={}", context.channel().remoteAddress());
        super.cleanup(context);
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
