package io.relaypod.server.smtp;

import static io.relaypod.threads.Background.logFailure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

import com.google.common.net.InetAddresses;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.EventExecutorGroup;
import io.relaypod.dns.DnsFailover;
import io.relaypod.memory.FairShare;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.server.settings.ClientLimits;
import io.relaypod.server.settings.ListenAddress;
import io.relaypod.server.settings.NetworkList;
import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.ProtocolTransport;
import org.apache.james.protocols.netty.AbstractSSLAwareChannelPipelineFactory;
import org.apache.james.protocols.netty.ChannelHandlerFactory;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.HandlerConstants;
import org.apache.james.protocols.smtp.SMTPConfiguration;
import org.apache.james.protocols.smtp.SMTPProtocol;
import org.apache.james.smtpserver.netty.SMTPServer;
import org.apache.james.smtpserver.netty.SmtpMetrics;
import org.jspecify.annotations.Nullable;

/** James' SMTP server with {@link RelaySession}s and {@link RelayChannelHandler}s, each connection on one thread. */
@SuppressWarnings("unchecked") // James overrides createPipelineFactory() with a raw type
final class RelaySmtpServer extends SMTPServer {

    // The interface behind a link-local client's address, which its network has nothing to do with.
    private static final Pattern SCOPE = Pattern.compile("%.*");

    // Of one connection, in bytes. The kernel's buffers count against the container's limit, and would grow to
    // megabytes by themselves.
    private static final int KERNEL_BUFFER = 64 << 10;
    private static final int SMALLEST_READ = 512;
    private static final int FIRST_READ = 2048;
    private static final int LARGEST_READ = 16 << 10;
    private static final WriteBufferWaterMark UNREAD_REPLIES = new WriteBufferWaterMark(2 << 10, 4 << 10);

    // For tasks of other threads. Netty's default, which James takes, is two seconds at each stop.
    private static final Duration QUIET = Duration.ofMillis(50);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(15);

    private final SmtpMetrics metrics;
    private final DnsFailover dns;
    private final ClientLimits limits;
    private final SpoolWriter spool;
    private final FairExecutor workers;
    private final FairShare envelopes;
    private final OpenConnections openConnections;
    private final SMTPConfiguration configuration = new SMTPHandlerConfigurationDataImpl() {
        @Override
        public boolean isRelayingAllowed(String client) {
            InetAddress address = InetAddresses.forString(SCOPE.matcher(client).replaceFirst(""));
            return relayNetworks.filter(networks -> networks.contains(address)).isPresent();
        }
    };
    private final Optional<SmtpTls> tls;
    private final Optional<ListenAddress> smtps;
    private Optional<NetworkList> relayNetworks = Optional.empty();
    private Optional<EventLoopGroup> connections = Optional.empty();
    private Optional<ServerBootstrap> smtpsBootstrap = Optional.empty();
    private Optional<Channel> smtpsPort = Optional.empty();

    /**
     * @param tls in place of smtpserver.xml's own
     * @param smtps where TLS begins with the connection; only with {@code tls}
     */
    RelaySmtpServer(
            SmtpMetrics metrics,
            DnsFailover dns,
            ClientLimits limits,
            SpoolWriter spool,
            FairExecutor workers,
            MemoryBudget budget,
            Optional<SmtpTls> tls,
            Optional<ListenAddress> smtps) {
        super(metrics);
        this.metrics = metrics;
        this.dns = dns;
        this.limits = limits;
        this.spool = spool;
        this.workers = workers;
        this.envelopes = new FairShare(budget, MemoryUse.ENVELOPES);
        this.openConnections = new OpenConnections(limits, budget);
        this.tls = tls;
        this.smtps = smtps;
    }

    @Override
    public void doConfigure(HierarchicalConfiguration<ImmutableNode> xml) throws ConfigurationException {
        super.doConfigure(xml);
        // None of them waits, so one a core is enough; with more, each wakes for a line of its own.
        setIoWorkerCount(xml.getInt("ioWorkerCount", Runtime.getRuntime().availableProcessors()));
        try {
            relayNetworks =
                    Optional.ofNullable(xml.getString("authorizedAddresses")).map(NetworkList::parse);
        } catch (IllegalArgumentException wrong) {
            throw new ConfigurationException("smtpserver.xml: <authorizedAddresses>: " + wrong.getMessage(), wrong);
        }
    }

    @Override
    protected ChannelInboundHandlerAdapter createCoreHandler() {
        SMTPProtocol protocol = new SMTPProtocol(getProtocolHandlerChain(), configuration) {
            @Override
            public ProtocolSession newSession(ProtocolTransport transport) {
                return new RelaySession(configuration, transport, envelopes);
            }
        };
        return new RelayChannelHandler(
                protocol, getEncryption(), proxyRequired, metrics, limits, openConnections, workers);
    }

    /** DNS is asked on the threads of the connections. */
    @Override
    protected void configureBootstrap(ServerBootstrap bootstrap) {
        super.configureBootstrap(bootstrap);
        bootstrap.option(ChannelOption.SO_RCVBUF, KERNEL_BUFFER);
        bootstrap.childOption(ChannelOption.SO_RCVBUF, KERNEL_BUFFER);
        bootstrap.childOption(ChannelOption.SO_SNDBUF, KERNEL_BUFFER);
        bootstrap.childOption(ChannelOption.ALLOCATOR, new HeapBuffers());
        bootstrap.childOption(
                ChannelOption.RCVBUF_ALLOCATOR,
                new AdaptiveRecvByteBufAllocator(SMALLEST_READ, FIRST_READ, LARGEST_READ));
        bootstrap.childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNREAD_REPLIES);
        connections = Optional.of(bootstrap.config().childGroup());
        dns.on(bootstrap.config().childGroup());
        smtpsBootstrap = smtps.map(address -> bootstrap.clone().childHandler(implicitTls()));
    }

    private ChannelInitializer<SocketChannel> implicitTls() {
        AbstractSSLAwareChannelPipelineFactory<SocketChannel> startTls =
                (AbstractSSLAwareChannelPipelineFactory<SocketChannel>) createPipelineFactory();
        SmtpTls encryption = tls.orElseThrow(() -> new IllegalStateException("SMTPS_ADDR has no certificate"));
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(SocketChannel channel) throws Exception {
                startTls.initChannel(channel);
                if (proxyRequired) {
                    channel.pipeline()
                            .addAfter(
                                    HandlerConstants.PROXY_HANDLER,
                                    HandlerConstants.SSL_HANDLER,
                                    encryption.sslHandler());
                } else {
                    channel.pipeline().addFirst(HandlerConstants.SSL_HANDLER, encryption.sslHandler());
                }
            }
        };
    }

    @Override
    public synchronized void bind() throws Exception {
        super.bind();
        if (smtpsBootstrap.isEmpty()) {
            return;
        }
        ListenAddress address = smtps.orElseThrow();
        ChannelFuture bound = smtpsBootstrap
                .get()
                .bind(new InetSocketAddress(address.host(), address.port()))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            unbind();
            throw new IOException(
                    "cannot listen at " + address + " (SMTPS_ADDR): "
                            + bound.cause().getMessage(),
                    bound.cause());
        }
        smtpsPort = Optional.of(bound.channel());
    }

    /** Where TLS begins with the connection, once bound. */
    Optional<InetSocketAddress> smtpsAddress() {
        return smtpsPort.map(channel -> (InetSocketAddress) channel.localAddress());
    }

    @Override
    protected Encryption getEncryption() {
        return tls.<Encryption>map(ours -> ours).orElseGet(super::getEncryption);
    }

    @Override
    public void reloadSSLCertificate() throws Exception {
        if (tls.isPresent()) {
            tls.get().reloadIfChanged();
        } else {
            super.reloadSSLCertificate();
        }
    }

    @Override
    protected ChannelHandlerFactory createFrameHandlerFactory() {
        // The core handler cuts lines itself, as only it knows when the next one may be read.
        return pipeline -> new ChannelInboundHandlerAdapter();
    }

    /**
     * Netty's way to say: on the channel's own thread. James gives lines one of their own, which runs ahead of what the
     * session knows and costs two thread switches a line.
     */
    @Override
    protected @Nullable EventExecutorGroup getExecutorGroup() {
        return null;
    }

    /** Closes all connections, after those whose mail is being stored have heard of it. */
    @Override
    public synchronized void unbind() {
        spool.finish();
        smtpsPort.ifPresent(port -> port.close().awaitUninterruptibly());
        connections.ifPresent(threads -> logFailure(
                threads.shutdownGracefully(QUIET.toMillis(), STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)));
        super.unbind();
    }

    @Override
    protected void registerMBean() {
        // no JMX in a relay
    }

    @Override
    protected void unregisterMBean() {
        // no JMX in a relay
    }
}
