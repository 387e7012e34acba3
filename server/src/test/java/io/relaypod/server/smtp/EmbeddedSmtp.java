package io.relaypod.server.smtp;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.relaypod.address.AddressSet;
import io.relaypod.deliverability.GraphRules;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.logins.LoginCheck;
import io.relaypod.logins.LoginDelays;
import io.relaypod.logins.LoginRateLimits;
import io.relaypod.memory.FairShare;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import io.relaypod.server.settings.BareNewline;
import io.relaypod.server.settings.ClientLimits;
import io.relaypod.server.settings.SmtpAuth;
import io.relaypod.server.settings.TraceSettings;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.ProtocolTransport;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.ProtocolHandler;
import org.apache.james.protocols.api.handler.ProtocolHandlerChainImpl;
import org.apache.james.protocols.api.handler.WiringException;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.HandlerConstants;
import org.apache.james.protocols.smtp.SMTPConfigurationImpl;
import org.apache.james.protocols.smtp.SMTPProtocol;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.core.ExpnCmdHandler;
import org.apache.james.protocols.smtp.core.HelpCmdHandler;
import org.apache.james.protocols.smtp.core.NoopCmdHandler;
import org.apache.james.protocols.smtp.core.PostmasterAbuseRcptHook;
import org.apache.james.protocols.smtp.core.QuitCmdHandler;
import org.apache.james.protocols.smtp.core.RsetCmdHandler;
import org.apache.james.protocols.smtp.core.UnknownCmdHandler;
import org.apache.james.protocols.smtp.core.VrfyCmdHandler;
import org.apache.james.smtpserver.AddDefaultAttributesMessageHook;
import org.apache.james.smtpserver.JamesWelcomeMessageHandler;
import org.apache.james.smtpserver.netty.SmtpMetricsImpl;
import org.apache.mailet.Mail;

/**
 * One connection to all of the relay's SMTP handlers, without a socket, a thread or a queue: the test runs what the
 * workers have to do, and says when a message is stored.
 */
final class EmbeddedSmtp implements AutoCloseable {

    /** Of the channel, in bytes. */
    static final int UNREAD_REPLIES = 4 << 10;

    private static final InetSocketAddress CLIENT = new InetSocketAddress("192.0.2.7", 4_000);
    private static final InetSocketAddress SERVER = new InetSocketAddress("192.0.2.1", 25);

    final MemoryBudget budget = new MemoryBudget(16 << 20);
    final List<MailEvent> events = new ArrayList<>();
    /** The messages that were handed to the spool, as they arrived. */
    final List<String> stored = new ArrayList<>();

    final List<MailReceived> received = new ArrayList<>();
    final Queue<Runnable> workerTasks = new ArrayDeque<>();
    /** The spool's answer to each message. */
    CompletableFuture<Response> storing = CompletableFuture.completedFuture(new SMTPResponse("250", "2.6.0 stored"));

    final LoginCheck loginCheck = mock();
    final OpenConnections connections;
    final ReceivedMessages receiving;
    private final SmtpChannel channel;
    private int pendingReplies;

    /** What differs between tests. */
    static final class Settings {

        private final List<ProtocolHandler> handlers = new ArrayList<>();
        private ClientLimits limits = new ClientLimits(10, 10, Duration.ofMinutes(5), 0);
        private BareNewline bareNewline = BareNewline.REFUSE;
        private SmtpAuth.Mode auth = SmtpAuth.Mode.OFF;
        private long maxMessageSize;
        private boolean isRelayClient = true;
        private Optional<Encryption> encryption = Optional.empty();

        Settings handler(ProtocolHandler handler) {
            handlers.add(handler);
            return this;
        }

        Settings limits(int connections, Duration idle, int badRecipients) {
            limits = new ClientLimits(connections, connections, idle, badRecipients);
            return this;
        }

        Settings bareNewline(BareNewline mode) {
            bareNewline = mode;
            return this;
        }

        Settings auth(SmtpAuth.Mode mode) {
            auth = mode;
            return this;
        }

        Settings maxMessageSize(long bytes) {
            maxMessageSize = bytes;
            return this;
        }

        Settings ofStranger() {
            isRelayClient = false;
            return this;
        }

        Settings encryption(Encryption ofServer) {
            encryption = Optional.of(ofServer);
            return this;
        }

        EmbeddedSmtp connect(Path directory) {
            return new EmbeddedSmtp(this, directory);
        }
    }

    static Settings with() {
        return new Settings();
    }

    private EmbeddedSmtp(Settings settings, Path directory) {
        connections = new OpenConnections(settings.limits, budget);
        receiving = new ReceivedMessages(directory, settings.maxMessageSize, budget);
        FairExecutor workers = mock();
        doAnswer(call -> workerTasks.add(call.getArgument(1))).when(workers).execute(any(), any());
        SMTPConfigurationImpl configuration = new SMTPConfigurationImpl() {
            @Override
            public long getMaxMessageSize() {
                return settings.maxMessageSize;
            }

            @Override
            public boolean isRelayingAllowed(String client) {
                return settings.isRelayClient;
            }
        };
        FairShare envelopes = new FairShare(budget, MemoryUse.ENVELOPES);
        SMTPProtocol protocol = new SMTPProtocol(chain(settings), configuration) {
            @Override
            public ProtocolSession newSession(ProtocolTransport transport) {
                return new RelaySession(configuration, transport, envelopes);
            }
        };
        channel = new SmtpChannel();
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(UNREAD_REPLIES / 2, UNREAD_REPLIES));
        channel.pipeline()
                .addLast(HandlerConstants.CHUNK_HANDLER, new ChannelInboundHandlerAdapter())
                .addLast(HandlerConstants.TIMEOUT_HANDLER, new ChannelInboundHandlerAdapter())
                .addLast(
                        HandlerConstants.CORE_HANDLER,
                        new RelayChannelHandler(
                                protocol,
                                settings.encryption.orElse(null),
                                false,
                                new SmtpMetricsImpl(new RecordingMetricFactory()),
                                settings.limits,
                                connections,
                                workers));
        try {
            channel.register();
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    private ProtocolHandlerChainImpl chain(Settings settings) {
        RecordingMetricFactory metrics = new RecordingMetricFactory();
        DomainList domains = mock();
        SmtpLogins logins =
                new SmtpLogins(new SmtpAuth(settings.auth, Optional.empty(), true, Optional.empty()), Optional.empty());
        LoginRules loginRules = new LoginRules(logins, new LoginRateLimits(Clock.systemUTC()));
        ProtocolHandlerChainImpl chain = new ProtocolHandlerChainImpl();
        chain.addAll(settings.handlers);
        chain.addAll(List.of(
                new JamesWelcomeMessageHandler(),
                new RelayCommands(),
                new UncalledHandlerCheck(),
                new RelayDataCmdHandler(
                        metrics,
                        receiving,
                        new GraphRules(AddressSet.parse(""), 0, false),
                        settings.bareNewline,
                        budget,
                        events::add),
                new RelayEhloCmdHandler(metrics),
                new ExpnCmdHandler(),
                new RelayHeloCmdHandler(metrics),
                new HeloNameHook(),
                new HelpCmdHandler(),
                new RelayMailCmdHandler(metrics, domains, loginRules),
                new NoopCmdHandler(),
                new QuitCmdHandler(metrics),
                new RelayRcptCmdHandler(metrics, domains, settings.limits, new NoopGaugeRegistry(), events::add),
                new RsetCmdHandler(),
                new VrfyCmdHandler(),
                new MessageSizeLimit(events::add),
                new RelayNetworksHook(events::add),
                new PostmasterAbuseRcptHook(),
                new MessageReceiver(spool(), loginRules, new TraceSettings(0, Duration.ofDays(1), true)),
                new RelayStartTlsCmdHandler(),
                new RelayAuthCmdHandler(
                        logins,
                        Optional.of(loginCheck),
                        new LoginDelays(Ticker.systemTicker()),
                        new LoginEvents(
                                new SimpleMeterRegistry(), Optional.empty(), Optional.empty(), Optional.empty())),
                loginRules,
                new AddDefaultAttributesMessageHook(),
                new UnknownCmdHandler(metrics),
                new UnknownCommandHook()));
        try {
            chain.wireExtensibleHandlers();
        } catch (WiringException wrong) {
            throw new IllegalArgumentException(wrong);
        }
        return chain;
    }

    private SpoolWriter spool() {
        SpoolWriter spool = mock();
        when(spool.store(any(), any())).thenAnswer(call -> {
            Mail mail = call.getArgument(0);
            stored.add(content(mail));
            received.add(call.getArgument(1));
            LifecycleUtil.dispose(mail);
            pendingReplies++;
            CompletableFuture<Response> answer = storing;
            return new PendingReply(answer, answer::join, () -> pendingReplies--);
        });
        return spool;
    }

    private static String content(Mail mail) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        mail.getMessage().writeTo(bytes);
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    /** Replies whose being sent, or their client's end, has not been noticed. */
    int pendingReplies() {
        return pendingReplies;
    }

    /** Reserves for others all but so many bytes of what this use may have. */
    Reservation leave(long bytes, MemoryUse use) {
        return budget.tryReserve(use, budget.limit(use) - budget.reserved(use) - bytes)
                .orElseThrow();
    }

    /** Sends bytes as one read of the socket; returns the replies to them. */
    String say(String bytes) {
        return say(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    String say(byte[] bytes) {
        channel.pipeline().fireChannelRead(Unpooled.copiedBuffer(bytes)).fireChannelReadComplete();
        channel.runPendingTasks();
        return replies();
    }

    /** Sends bytes one by one. */
    String drip(String bytes) {
        StringBuilder replies = new StringBuilder();
        for (byte each : bytes.getBytes(StandardCharsets.ISO_8859_1)) {
            replies.append(say(new byte[] {each}));
        }
        return replies.toString();
    }

    /** Runs what the workers have to do, and what that leads to. */
    String work() {
        for (Runnable task = workerTasks.poll(); task != null; task = workerTasks.poll()) {
            task.run();
            channel.runPendingTasks();
        }
        return replies();
    }

    /** What the server has sent since it was last asked. */
    String replies() {
        channel.runPendingTasks();
        StringBuilder replies = new StringBuilder();
        for (ByteBuf buffer = channel.readOutbound(); buffer != null; buffer = channel.readOutbound()) {
            replies.append(buffer.toString(StandardCharsets.US_ASCII));
            buffer.release();
        }
        return replies.toString();
    }

    /** Runs what is due by the clock. */
    String tick() {
        channel.runScheduledPendingTasks();
        return replies();
    }

    /** Whether the client reads what is sent to it; if not, replies are kept in the channel. */
    void reads(boolean doesRead) {
        channel.doesRead = doesRead;
        if (doesRead) {
            channel.flush();
            channel.runPendingTasks();
        }
    }

    /** Bytes of replies that the client leaves unread. */
    long unreadReplies() {
        return channel.unsafe().outboundBuffer() == null
                ? 0
                : channel.unsafe().outboundBuffer().totalPendingWriteBytes();
    }

    /** Whether more is read from the socket. */
    boolean isReading() {
        return channel.config().isAutoRead();
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    /** The client breaks its connection. */
    void disconnect() {
        channel.close();
        channel.runPendingTasks();
    }

    void fail(Throwable failure) {
        channel.pipeline().fireExceptionCaught(failure);
        channel.runPendingTasks();
    }

    @Override
    public void close() {
        channel.doesRead = true;
        channel.finishAndReleaseAll();
    }

    private static final class SmtpChannel extends EmbeddedChannel {

        private boolean doesRead = true;

        SmtpChannel() {
            super(false, false);
        }

        @Override
        protected SocketAddress remoteAddress0() {
            return CLIENT;
        }

        @Override
        protected SocketAddress localAddress0() {
            return SERVER;
        }

        @Override
        protected void doWrite(ChannelOutboundBuffer buffer) throws Exception {
            if (doesRead) {
                super.doWrite(buffer);
            }
        }
    }
}
