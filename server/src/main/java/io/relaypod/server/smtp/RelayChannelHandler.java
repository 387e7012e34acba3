package io.relaypod.server.smtp;

import static io.relaypod.threads.Background.logFailure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import javax.net.ssl.SSLException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.relaypod.server.settings.ClientLimits;
import io.relaypod.server.smtp.OpenConnections.ConnectionEnd;
import io.relaypod.server.smtp.OpenConnections.OpenConnection;
import io.relaypod.threads.Background;
import org.apache.james.protocols.api.Protocol;
import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.netty.BasicChannelInboundHandler;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.HandlerConstants;
import org.apache.james.protocols.netty.ProtocolMDCContextFactory;
import org.apache.james.smtpserver.netty.SmtpMetrics;
import org.apache.james.util.MDCBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection, from its greeting or refusal to its end. Its {@link SmtpDialogue} answers the client. All methods run
 * on the channel's I/O thread.
 */
final class RelayChannelHandler extends BasicChannelInboundHandler {

    private static final Logger LOGGER = LoggerFactory.getLogger(RelayChannelHandler.class);

    private static final String TOO_MANY_CONNECTIONS = "421 4.7.0 Too many connections, try again later\r\n";
    private static final String TOO_SLOW = "421 4.7.0 Idle for too long, closing connection\r\n";

    private final SmtpMetrics metrics;
    private final ClientLimits limits;
    private final OpenConnections openConnections;
    private final FairExecutor workers;
    private final ClientTimeouts timeouts;
    private Optional<OpenConnection> open = Optional.empty();
    private Optional<ClientTimer> timer = Optional.empty();
    private Optional<SmtpDialogue> dialogue = Optional.empty();
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
        this.metrics = metrics;
        this.limits = limits;
        this.openConnections = openConnections;
        this.workers = workers;
        this.timeouts = new ClientTimeouts(limits.idle(), System::nanoTime);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        // James' own closes without a reply, only after twice its time, and any byte restarts it.
        context.pipeline().remove(HandlerConstants.TIMEOUT_HANDLER);
        // SMTP sends no files.
        context.pipeline().remove(HandlerConstants.CHUNK_HANDLER);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws Exception {
        timer = Optional.of(new ClientTimer(context.executor(), timeouts, () -> late(context)));
        // Behind a proxy, the client is not known yet.
        open = openConnections.tryOpen(client(context), !proxyRequired, new ConnectionEnd() {
            @Override
            public OptionalLong idleSince() {
                return timeouts.idleSince();
            }

            @Override
            public void displace() {
                context.executor().execute(() -> displaced(context));
            }
        });
        boolean isEncrypted = context.pipeline().get(SslHandler.class) != null;
        if (open.isEmpty() || isEncrypted && !open.get().tryEncrypt()) {
            LOGGER.info("event=too-many-connections client={}", client(context).getHostAddress());
            if (isEncrypted) {
                logFailure(context.close()); // the reply would have to wait for a handshake
            } else {
                sayAndClose(context, TOO_MANY_CONNECTIONS);
            }
            return;
        }
        timer.get().restart();
        metrics.getConnectionMetric().increment();
        super.channelActive(context);
        context.flush();
    }

    @Override
    protected ProtocolSession createSession(ChannelHandlerContext context) {
        ClientInput input = new ClientInput();
        LineHandlerStack lineHandlers = new LineHandlerStack();
        RelaySession session = (RelaySession) protocol.newSession(
                new RelayTransport(context.channel(), secure, proxyRequired, lineHandlers, input, open.orElseThrow()));
        dialogue = Optional.of(new SmtpDialogue(
                context,
                session,
                input,
                lineHandlers,
                chain.getFirstHandler(RelayCommands.class).orElseThrow(),
                metrics.getCommandsMetric(),
                workers,
                timeouts,
                timer.orElseThrow(),
                failure -> exceptionCaught(context, failure)));
        return session;
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        timer.ifPresent(ClientTimer::cancel);
        open.ifPresent(OpenConnection::close);
        dialogue.ifPresent(ended -> {
            metrics.getConnectionMetric().decrement();
            Background.whenDone(ended.close(), (nothing, failure) -> endSession(context));
        });
        dialogue = Optional.empty();
    }

    private void endSession(ChannelHandlerContext context) {
        try {
            super.channelInactive(context);
        } catch (Exception failure) {
            exceptionCaught(context, failure);
        }
    }

    private void late(ChannelHandlerContext context) {
        if (timeouts.isLastReplySent()) {
            logFailure(context.close());
        } else {
            LOGGER.info("event=idle client={} timeout={}", client(context).getHostAddress(), limits.idle());
            sayAndClose(context, TOO_SLOW);
        }
    }

    private void displaced(ChannelHandlerContext context) {
        dialogue.ifPresentOrElse(
                displaced -> displaced.endBy(() -> giveUpPlace(context, displaced.client())),
                () -> giveUpPlace(context, client(context)));
    }

    private void giveUpPlace(ChannelHandlerContext context, InetAddress client) {
        if (context.channel().isActive()) {
            LOGGER.info("event=connection-displaced client={}", client.getHostAddress());
            sayAndClose(context, TOO_MANY_CONNECTIONS);
            // Its memory is another's already, so it is not waited for until it reads.
            logFailure(context.close());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (dialogue.filter(SmtpDialogue::isListening).isEmpty()) {
            ReferenceCountUtil.release(message);
        } else if (message instanceof ByteBuf received) {
            try {
                dialogue.get().received(received);
            } finally {
                received.release();
            }
        } else {
            readProxyHeader(context, message);
        }
    }

    private void readProxyHeader(ChannelHandlerContext context, Object header) throws Exception {
        super.channelRead(context, header);
        InetAddress behindProxy = dialogue.orElseThrow().client();
        if (!open.orElseThrow().tryMove(behindProxy)) {
            LOGGER.info("event=too-many-connections client={}", behindProxy.getHostAddress());
            sayAndClose(context, TOO_MANY_CONNECTIONS);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            dialogue.ifPresent(SmtpDialogue::writable);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.flush();
    }

    /**
     * Ends the session with a reply; the lines behind the one that failed are not answered. A client that breaks its
     * connection, or does not speak TLS where it should, is not an error of the relay, as it is in James.
     */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (isBroken) {
            return; // each reply that could not be written fails
        }
        isBroken = true;
        cutOff();
        if (cause instanceof IOException
                || cause instanceof DecoderException && cause.getCause() instanceof SSLException) {
            LOGGER.info(
                    "event=broken-connection client={} reason=\"{}\"",
                    client(context).getHostAddress(),
                    // Netty's message holds all that the client sent, which may be a password.
                    cause.getCause() instanceof NotSslRecordException || cause instanceof NotSslRecordException
                            ? "not a TLS record"
                            : cause.getMessage());
            logFailure(context.close());
            return;
        }
        try {
            super.exceptionCaught(context, cause);
        } catch (Exception notTold) {
            LOGGER.error("event=not-told client={}", client(context).getHostAddress(), notTold);
            logFailure(context.close());
        }
    }

    private void sayAndClose(ChannelHandlerContext context, String reply) {
        cutOff();
        context.writeAndFlush(Unpooled.copiedBuffer(reply, StandardCharsets.US_ASCII))
                .addListener(ChannelFutureListener.CLOSE);
    }

    private void cutOff() {
        timeouts.lastReplySent();
        timer.ifPresent(ClientTimer::restart);
        dialogue.ifPresent(SmtpDialogue::cutOff);
    }

    private static InetAddress client(ChannelHandlerContext context) {
        return ((InetSocketAddress) context.channel().remoteAddress()).getAddress();
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
