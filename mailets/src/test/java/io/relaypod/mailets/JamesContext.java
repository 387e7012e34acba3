package io.relaypod.mailets;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.List;

import org.apache.commons.configuration2.BaseHierarchicalConfiguration;
import org.apache.james.core.Domain;
import org.apache.james.dnsservice.api.DNSService;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.domainlist.lib.DomainListConfiguration;
import org.apache.james.domainlist.memory.MemoryDomainList;
import org.apache.james.mailetcontainer.impl.JamesMailetContext;
import org.apache.james.mailetcontainer.impl.LocalResourcesImpl;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.rrt.memory.MemoryRecipientRewriteTable;
import org.apache.james.user.memory.MemoryUsersRepository;
import org.apache.mailet.MailetContext;

/** The parts of James that mailets are given, as small as they come: no users, no domain but localhost. */
public final class JamesContext {

    private JamesContext() {}

    /** James' own context: what mailets send goes to the spool of these queues. */
    static MailetContext spoolingTo(MailQueueFactory<?> queues) throws Exception {
        DomainList domains = domains();
        JamesMailetContext context = new JamesMailetContext(
                new Hosts(),
                domains,
                new LocalResourcesImpl(
                        MemoryUsersRepository.withoutVirtualHosting(domains),
                        domains,
                        new MemoryRecipientRewriteTable()),
                queues);
        BaseHierarchicalConfiguration configuration = new BaseHierarchicalConfiguration();
        configuration.addProperty("postmaster", "postmaster@localhost");
        context.configure(configuration);
        return context;
    }

    public static DomainList domains() throws Exception {
        MemoryDomainList domains = new MemoryDomainList(new Hosts());
        domains.configure(DomainListConfiguration.builder()
                .autoDetect(false)
                .autoDetectIp(false)
                .defaultDomain(Domain.LOCALHOST)
                .build());
        return domains;
    }

    /** Finds addresses as the system does, and nothing else. */
    public static class Hosts implements DNSService {

        @Override
        public Collection<InetAddress> getAllByName(String host) throws UnknownHostException {
            return List.of(InetAddress.getAllByName(host));
        }

        @Override
        public InetAddress getByName(String host) throws UnknownHostException {
            return InetAddress.getByName(host);
        }

        @Override
        public InetAddress getLocalHost() throws UnknownHostException {
            return InetAddress.getLocalHost();
        }

        @Override
        public String getHostName(InetAddress address) {
            return address.getHostAddress();
        }

        @Override
        public Collection<String> findMXRecords(String host) {
            throw new UnsupportedOperationException("a gateway is found by its address: " + host);
        }

        @Override
        public Collection<String> findTXTRecords(String host) {
            throw new UnsupportedOperationException("no TXT records here: " + host);
        }
    }
}
