package io.relaypod.server.smtp;

import javax.inject.Inject;

import org.apache.james.dnsservice.api.DNSService;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.lib.handler.ProtocolHandlerLoader;
import org.apache.james.smtpserver.netty.SMTPServer;
import org.apache.james.smtpserver.netty.SMTPServerFactory;

import io.relaypod.domain.DnsServers;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.settings.ClientLimits;

/** Makes a server for each {@code <smtpserver>} of smtpserver.xml. */
public final class RelaySmtpServerFactory extends SMTPServerFactory {

    private final DnsServers dnsServers;
    private final ClientLimits limits;
    private final SpoolWriter spool;
    private final FairExecutor workers;
    private final MemoryBudget budget;

    @Inject
    public RelaySmtpServerFactory(DNSService dns, ProtocolHandlerLoader loader, FileSystem files, MetricFactory metrics,
                                  DnsServers dnsServers, ClientLimits limits, SpoolWriter spool, FairExecutor workers, MemoryBudget budget) {
        super(dns, loader, files, metrics);
        this.dnsServers = dnsServers;
        this.limits = limits;
        this.spool = spool;
        this.workers = workers;
        this.budget = budget;
    }

    @Override
    protected SMTPServer createServer() {
        return new RelaySmtpServer(smtpMetrics, dnsServers, limits, spool, workers, budget);
    }
}
