package io.relaypod.server.smtp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.relaypod.server.settings.ClientLimits;
import io.relaypod.server.smtp.OpenConnections.OpenConnection;
import org.apache.james.protocols.api.Protocol;
import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.netty.BasicChannelInboundHandler;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.HandlerConstants;
import org.apache.james.protocols.netty.ProtocolMDCContextFactory;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.smtpserver.netty.SmtpMetrics;
import org.apache.james.util.MDCBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection. While a reply is pending, as DNS is asked about a recipient or a mail is being stored, it is the
 * client's next lines that wait, and not a thread: James runs all connections on a few I/O threads, so one that waited
 * would stop hundreds of others.
 *
 * <p>Lines keep their order. A line is answered only while the client reads its replies: what it leaves unread is
 * bounded by the channel's high watermark and one reply. Once lines wait nothing more is read from the socket, so what
 * a client sends ahead is bounded by two reads. A mail beyond 4 KiB is read by the workers, a read of the socket at a
 * time, as its lines may cost more than other clients should wait for. All methods run on the channel's I/O thread.
 *
 * <p>Nothing may follow STARTTLS in plain text (RFC 3207 section 4.2): a client that sends more is cut off, so that no
 * command that somebody put into the plain connection is taken for one of the encrypted session. James looks for this
 * too, but no more once the client has said DATA, and calls it an error of its own.
 */
@SuppressWarnings("unchecked") // James gives line handlers of any session
final class RelayChannelHandler extends BasicChannelInboundHandler implements RelayTransport.LineHandlers {

    private static final Logger LOGGER = LoggerFactory.getLogger(RelayChannelHandler.class);

    private static final String TOO_MANY_CONNECTIONS = "421 4.7.0 Too many connections, try again later\r\n";
    private static final String TOO_SLOW = "421 4.7.0 Idle for too long, closing connection\r\n";
    private static final String PLAIN_TEXT_BEHIND_STARTTLS =
            "421 4.7.0 Nothing may follow STARTTLS before TLS has started\r\n";
    // RFC 3207 section 4
    private static final Response NO_TLS_NOW =
            new SMTPResponse("454", "4.7.0 TLS not available due to temporary reason").immutable();
    private static final String STARTTLS = "STARTTLS";
    // Of one connection, before the others of the thread have their turn: less than a millisecond.
    private static final int LINES_AT_A_TIME = 16;

    private final RelayCommands commands;
    private final SmtpMetrics metrics;
    private final ClientLimits limits;
    private final OpenConnections openConnections;
    private final ErrorLimit errors = new ErrorLimit();
    private final FairExecutor workers;
    // A worker's while it reads a mail; what is received meanwhile is behind it.
    private final SmtpLineDecoder input = new SmtpLineDecoder();
    private final SmtpLineDecoder receivedMeanwhile = new SmtpLineDecoder();
    private final Deque<LineHandler<SMTPSession>> lineHandlers = new ArrayDeque<>();
    private final ClientTimeouts timeouts;
    private Optional<ScheduledFuture<?>> timer = Optional.empty();
    private RelaySession session;
    private boolean waiting;
    private boolean mailIsRead;
    private boolean mailHasEnded;
    private Optional<OpenConnection> open = Optional.empty();
    private boolean served;
    private boolean cutOff;
    private boolean isAnswering;
    private boolean hasAnswered;
    private boolean isBroken;

    RelayChannelHandler(
            Protocol protocol,
            Encryption encryption,
            boolean proxyRequired,
            SmtpMetrics metrics,
            ClientLimits limits,
            OpenConnections openConnections,
            FairExecutor workers) {
        super(new NoMdc(), protocol, encryption, proxyRequired);
        this.commands = chain.getFirstHandler(RelayCommands.class).orElseThrow();
        this.metrics = metrics;
        this.limits = limits;
        this.openConnections = openConnections;
        this.workers = workers;
        this.timeouts = new ClientTimeouts(limits.idle(), System.nanoTime());
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        // James' own closes without a word, only after twice its time, and lets a client drip.
        context.pipeline().remove(HandlerConstants.TIMEOUT_HANDLER);
        // SMTP sends no files.
        context.pipeline().remove(HandlerConstants.CHUNK_HANDLER);
    }

    @Override
    protected ProtocolSession createSession(ChannelHandlerContext context) {
        session =
                (RelaySession) protocol.newSession(new RelayTransport(context.channel(), secure, proxyRequired, this));
        return session;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
        open = openConnections.tryOpen(client(context));
        boolean isEncrypted = context.pipeline().get(SslHandler.class) != null;
        served = open.isPresent() && (!isEncrypted || open.get().tryEncrypt());
        if (!served) {
            LOGGER.info("event=too-many-connections client={}", client(context).getHostAddress());
            if (isEncrypted) {
                context.close(); // nobody waits for a handshake to say it
            } else {
                sayAndClose(context, TOO_MANY_CONNECTIONS);
            }
            return;
        }
        setTimer(context, limits.idle().toNanos());
        metrics.getConnectionMetric().increment();
        super.channelActive(context);
        context.flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        timer.ifPresent(running -> running.cancel(false));
        open.ifPresent(OpenConnection::close);
        if (!served) {
            return;
        }
        served = false;
        metrics.getConnectionMetric().decrement();
        if (!mailIsRead) { // else the session is the worker's still
            endSession(context);
        }
    }

    private void endSession(ChannelHandlerContext context) throws Exception {
        input.clear();
        receivedMeanwhile.clear();
        super.channelInactive(context);
    }

    private void setTimer(ChannelHandlerContext context, long nanos) {
        timer.ifPresent(running -> running.cancel(false));
        timer = Optional.of(context.executor().schedule(() -> timeIsUp(context), nanos, TimeUnit.NANOSECONDS));
    }

    private void timeIsUp(ChannelHandlerContext context) {
        long left = timeouts.left(System.nanoTime()).orElse(limits.idle().toNanos());
        if (left > 0) {
            setTimer(context, left);
        } else if (timeouts.isLastReplySent()) {
            context.close();
        } else {
            LOGGER.info("event=idle client={} timeout={}", client(context).getHostAddress(), limits.idle());
            sayAndClose(context, TOO_SLOW);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (!served || cutOff) {
            ReferenceCountUtil.release(message);
        } else if (message instanceof ByteBuf received) {
            timeouts.received(received.readableBytes(), System.nanoTime());
            (mailIsRead ? receivedMeanwhile : input).add(received);
            received.release();
            answerLines(context);
        } else {
            readProxyHeader(context, message);
        }
    }

    private void readProxyHeader(ChannelHandlerContext context, Object header) throws Exception {
        super.channelRead(context, header);
        if (!open.orElseThrow().tryMove(session.getRemoteAddress().getAddress())) {
            LOGGER.info(
                    "event=too-many-connections client={}",
                    session.getRemoteAddress().getAddress().getHostAddress());
            sayAndClose(context, TOO_MANY_CONNECTIONS);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (served && context.channel().isWritable()) {
            answerLines(context);
            context.flush();
        }
    }

    /**
     * Answers what has been received, until a reply is pending, the client does not read, or a line is not whole yet.
     */
    private void answerLines(ChannelHandlerContext context) {
        if (isAnswering) {
            return; // from a flush below, which has made room
        }
        isAnswering = true;
        try {
            for (int lines = 0; !waiting && !cutOff && input.hasNext() && readsReplies(context); lines++) {
                if (isInMail() && isSmall()) {
                    Response response = mailLines();
                    mailHasEnded = !isInMail();
                    answer(context, response);
                } else if (isInMail()) {
                    readMail(context);
                } else if (lines == LINES_AT_A_TIME) {
                    letOthersGoOn(context);
                } else {
                    read(context, input.next().orElseThrow());
                }
            }
            expectNext(context);
        } catch (RuntimeException failure) {
            exceptionCaught(context, failure);
        } finally {
            isAnswering = false;
        }
    }

    private void letOthersGoOn(ChannelHandlerContext context) {
        waiting = true;
        context.executor().execute(() -> {
            waiting = false;
            if (served) {
                timeouts.resume(System.nanoTime());
                answerLines(context);
                context.flush();
            }
        });
    }

    // Until they are flushed, replies count as unread.
    private static boolean readsReplies(ChannelHandlerContext context) {
        if (!context.channel().isWritable()) {
            context.flush();
        }
        return context.channel().isWritable();
    }

    private void expectNext(ChannelHandlerContext context) {
        long now = System.nanoTime();
        if (cutOff) {
            context.channel().config().setAutoRead(true);
            return;
        }
        boolean hasToRead = !context.channel().isWritable();
        if (waiting) {
            timeouts.pause(now);
        } else if (hasToRead) {
            timeouts.readingExpected(now);
        } else if (isInMail()) {
            timeouts.mailExpected(now);
        } else {
            timeouts.commandExpected(now, hasAnswered);
            hasAnswered = false;
        }
        // Lines that wait are enough. Behind a mail too: so whoever closes his side there is still answered, as we hear
        // of it later.
        boolean hasSentAhead = waiting && (mailIsRead || mailHasEnded || input.size() > 0);
        context.channel().config().setAutoRead(!hasToRead && !hasSentAhead);
    }

    private void read(ChannelHandlerContext context, byte[] line) {
        mailHasEnded = false;
        if (!lineHandlers.isEmpty()) {
            answer(context, lineHandlers.peekFirst().onLine(session, line));
        } else if (isStartTls(line) && input.size() > 0) {
            LOGGER.info("event=starttls-injection client={}", client(context).getHostAddress());
            sayAndClose(context, PLAIN_TEXT_BEHIND_STARTTLS);
        } else if (isStartTls(line) && !open.orElseThrow().tryEncrypt()) {
            answer(context, NO_TLS_NOW);
        } else {
            metrics.getCommandsMetric().increment();
            answer(context, commands.onLine(session, line));
        }
    }

    private boolean isStartTls(byte[] line) {
        return session.isStartTLSSupported()
                && !session.isTLSStarted()
                && new String(line, StandardCharsets.US_ASCII).strip().equalsIgnoreCase(STARTTLS);
    }

    private boolean isInMail() {
        return !lineHandlers.isEmpty() && session.message().isPresent();
    }

    // Its lines cost less than to let a worker read them.
    private boolean isSmall() {
        return session.message().orElseThrow().getMessageSize() + input.size() <= ReceivedMessage.SMALL;
    }

    private void readMail(ChannelHandlerContext context) {
        waiting = true;
        mailIsRead = true;
        workers.execute(session.getRemoteAddress().getAddress(), () -> {
            Callable<Response> outcome = outcomeOfMailLines();
            context.executor().execute(() -> mailRead(context, outcome));
        });
    }

    private Callable<Response> outcomeOfMailLines() {
        try {
            Response response = mailLines();
            return () -> response;
        } catch (RuntimeException failure) {
            return () -> {
                throw failure;
            };
        }
    }

    /**
     * Reads the lines that are there, or those up to the end of the mail; on a worker, to which the session belongs
     * meanwhile, or a small mail.
     */
    private Response mailLines() {
        try {
            Response response = null;
            while (response == null && isInMail() && input.hasNext()) {
                response = lineHandlers.peekFirst().onLine(session, input.next().orElseThrow());
            }
            if (session.message().isPresent()) {
                session.message().get().flush();
            }
            return response;
        } catch (IOException notKept) {
            return SpoolDataLineFilter.notKept(session, notKept);
        }
    }

    private void mailRead(ChannelHandlerContext context, Callable<Response> outcome) {
        waiting = false;
        mailIsRead = false;
        input.addAll(receivedMeanwhile);
        mailHasEnded = !isInMail();
        try {
            if (served) {
                timeouts.resume(System.nanoTime());
                answer(context, outcome.call());
                answerLines(context);
                context.flush();
            } else {
                waitIfPending(context);
                endSession(context);
            }
        } catch (Exception failure) {
            exceptionCaught(context, failure);
        }
    }

    private void answer(ChannelHandlerContext context, Response response) {
        // James' way to say that there is no reply is null.
        if (response == null) {
            waitIfPending(context);
            return;
        }
        hasAnswered = true;
        Response counted = errors.counted(session, response);
        session.getProtocolTransport().writeResponse(counted, session);
        if (counted.isEndSession()) {
            cutOff();
        }
    }

    private void waitIfPending(ChannelHandlerContext context) {
        PendingReply.takeFrom(session).ifPresent(pending -> {
            waiting = true;
            pending.awaited()
                    .whenComplete((done, failure) -> context.executor().execute(() -> {
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
            timeouts.resume(System.nanoTime());
            answer(context, pending.reply().get());
            answerLines(context);
        } catch (RuntimeException failure) {
            exceptionCaught(context, failure);
        }
        context.flush();
    }

    /**
     * Tells the client, and closes: what it has sent behind the line that failed is not answered. A client that breaks
     * its connection, or speaks no TLS where it should, is no error of ours; James would log each as one.
     */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (isBroken) {
            return; // each reply that could not be written says so
        }
        isBroken = true;
        cutOff();
        if (cause instanceof IOException
                || cause instanceof DecoderException && cause.getCause() instanceof SSLException) {
            LOGGER.info(
                    "event=broken-connection client={} reason=\"{}\"",
                    client(context).getHostAddress(),
                    cause.getMessage());
            context.close();
            return;
        }
        try {
            super.exceptionCaught(context, cause);
        } catch (Exception notTold) {
            LOGGER.error("event=not-told client={}", client(context).getHostAddress(), notTold);
            context.close();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.flush();
    }

    private static InetAddress client(ChannelHandlerContext context) {
        return ((InetSocketAddress) context.channel().remoteAddress()).getAddress();
    }

    private void sayAndClose(ChannelHandlerContext context, String reply) {
        cutOff();
        context.writeAndFlush(Unpooled.copiedBuffer(reply, StandardCharsets.US_ASCII))
                .addListener(ChannelFutureListener.CLOSE);
        setTimer(context, timeouts.left(System.nanoTime()).orElse(0L));
    }

    /** From now on nothing is answered; a client that does not read what was said last is not waited for. */
    private void cutOff() {
        cutOff = true;
        timeouts.lastReplySent(System.nanoTime());
    }

    @Override
    public void push(LineHandler<? extends ProtocolSession> handler) {
        lineHandlers.addFirst((LineHandler<SMTPSession>) handler);
    }

    @Override
    public void pop() {
        lineHandlers.pollFirst();
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
