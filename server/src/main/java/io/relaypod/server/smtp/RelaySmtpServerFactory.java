package io.relaypod.server.smtp;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.inject.Inject;

import io.relaypod.dns.DnsFailover;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.settings.ClientLimits;
import io.relaypod.server.settings.ListenAddress;
import io.relaypod.server.settings.Settings;
import org.apache.james.dnsservice.api.DNSService;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.lib.handler.ProtocolHandlerLoader;
import org.apache.james.protocols.lib.netty.AbstractConfigurableAsyncServer;
import org.apache.james.smtpserver.netty.SMTPServer;
import org.apache.james.smtpserver.netty.SMTPServerFactory;

/** Makes a server for each {@code <smtpserver>} of smtpserver.xml. */
public final class RelaySmtpServerFactory extends SMTPServerFactory {

    private final DnsFailover dnsServers;
    private final ClientLimits limits;
    private final SpoolWriter spool;
    private final FairExecutor workers;
    private final MemoryBudget budget;
    private final Optional<SmtpTls> tls;
    private final Optional<ListenAddress> smtps;
    private boolean isFirst = true;

    @Inject
    public RelaySmtpServerFactory(
            DNSService dns,
            ProtocolHandlerLoader loader,
            FileSystem files,
            MetricFactory metrics,
            DnsFailover dnsServers,
            ClientLimits limits,
            SpoolWriter spool,
            FairExecutor workers,
            MemoryBudget budget,
            Optional<SmtpTls> tls,
            Settings settings) {
        super(dns, loader, files, metrics);
        this.dnsServers = dnsServers;
        this.limits = limits;
        this.spool = spool;
        this.workers = workers;
        this.budget = budget;
        this.tls = tls;
        this.smtps = settings.smtps();
    }

    /** The first serves SMTPS_ADDR, too. */
    @Override
    protected SMTPServer createServer() {
        Optional<ListenAddress> implicitTls = isFirst ? smtps : Optional.empty();
        isFirst = false;
        return new RelaySmtpServer(smtpMetrics, dnsServers, limits, spool, workers, budget, tls, implicitTls);
    }

    /** Where TLS begins with the connection; empty when that is off, and before the servers are bound. */
    public Optional<InetSocketAddress> smtpsAddress() {
        return getServers().stream()
                .flatMap(server -> ((RelaySmtpServer) server).smtpsAddress().stream())
                .findFirst();
    }

    /** Where SMTP is served now. */
    public List<SmtpPort> boundPorts() {
        // James has none before it has read smtpserver.xml.
        return Optional.ofNullable(getServers()).orElse(List.of()).stream()
                .filter(AbstractConfigurableAsyncServer::isBound)
                .flatMap(server -> Stream.concat(
                        server.getListenAddresses().stream()
                                .map(address -> new SmtpPort(
                                        address, server.getSocketType().equals("secure"))),
                        ((RelaySmtpServer) server).smtpsAddress().stream().map(address -> new SmtpPort(address, true))))
                .toList();
    }

    /**
     * A port that is bound.
     *
     * @param isEncrypted whether TLS comes before the greeting
     */
    public record SmtpPort(InetSocketAddress address, boolean isEncrypted) {}
}
