package io.relaypod.server.smtp;

import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.ProtocolTransport;
import org.apache.james.protocols.netty.ChannelHandlerFactory;
import org.apache.james.protocols.smtp.SMTPConfiguration;
import org.apache.james.protocols.smtp.SMTPProtocol;
import org.apache.james.smtpserver.netty.SMTPServer;
import org.apache.james.smtpserver.netty.SmtpMetrics;

import com.google.common.net.InetAddresses;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.EventExecutorGroup;
import io.relaypod.domain.DnsServers;
import io.relaypod.memory.FairShare;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.server.settings.ClientLimits;
import io.relaypod.server.settings.NetworkList;

/** James' SMTP server with {@link RelaySession}s and {@link RelayChannelHandler}s, each connection on one thread. */
@SuppressWarnings("unchecked") // James overrides createPipelineFactory() with a raw type
final class RelaySmtpServer extends SMTPServer {

    // The interface behind a link-local client's address, which its network has nothing to do with.
    private static final Pattern SCOPE = Pattern.compile("%.*");

    // Of one connection, in bytes. The kernel's buffers count against the container's limit, and would grow to megabytes by themselves.
    private static final int KERNEL_BUFFER = 64 << 10;
    private static final int SMALLEST_READ = 512;
    private static final int FIRST_READ = 2048;
    private static final int LARGEST_READ = 16 << 10;
    private static final WriteBufferWaterMark UNREAD_REPLIES = new WriteBufferWaterMark(2 << 10, 4 << 10);

    private final SmtpMetrics metrics;
    private final DnsServers dns;
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
    private Optional<NetworkList> relayNetworks = Optional.empty();

    RelaySmtpServer(SmtpMetrics metrics, DnsServers dns, ClientLimits limits, SpoolWriter spool, FairExecutor workers, MemoryBudget budget) {
        super(metrics);
        this.metrics = metrics;
        this.dns = dns;
        this.limits = limits;
        this.spool = spool;
        this.workers = workers;
        this.envelopes = new FairShare(budget, MemoryUse.ENVELOPES);
        this.openConnections = new OpenConnections(limits, budget);
    }

    @Override
    public void doConfigure(HierarchicalConfiguration<ImmutableNode> xml) throws ConfigurationException {
        super.doConfigure(xml);
        // None of them waits, so one a core is enough; with more, each wakes for a line of its own.
        setIoWorkerCount(xml.getInt("ioWorkerCount", Runtime.getRuntime().availableProcessors()));
        try {
            relayNetworks = Optional.ofNullable(xml.getString("authorizedAddresses")).map(NetworkList::parse);
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
        return new RelayChannelHandler(protocol, getEncryption(), proxyRequired, metrics, limits, openConnections, workers);
    }

    /** DNS is asked on the threads of the connections. */
    @Override
    protected void configureBootstrap(ServerBootstrap bootstrap) {
        super.configureBootstrap(bootstrap);
        bootstrap.option(ChannelOption.SO_RCVBUF, KERNEL_BUFFER);
        bootstrap.childOption(ChannelOption.SO_RCVBUF, KERNEL_BUFFER);
        bootstrap.childOption(ChannelOption.SO_SNDBUF, KERNEL_BUFFER);
        bootstrap.childOption(ChannelOption.ALLOCATOR, new HeapBuffers());
        bootstrap.childOption(ChannelOption.RCVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(SMALLEST_READ, FIRST_READ, LARGEST_READ));
        bootstrap.childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNREAD_REPLIES);
        dns.on(bootstrap.config().childGroup());
    }

    @Override
    protected ChannelHandlerFactory createFrameHandlerFactory() {
        // The core handler cuts lines itself, as only it knows when the next one may be read.
        return pipeline -> new ChannelInboundHandlerAdapter();
    }

    /**
     * Netty's way to say: on the channel's own thread. James gives lines one of their own, which runs ahead of what the session knows and
     * costs two thread switches a line.
     */
    @Override
    protected EventExecutorGroup getExecutorGroup() {
        return null;
    }

    /** Closes all connections, after those whose mail is being stored have heard of it. */
    @Override
    public synchronized void unbind() {
        spool.finish();
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
