package io.relaypod.server.james;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.List;

import org.apache.james.dnsservice.api.DNSService;

/**
 * Finds hosts as every other program of the pod does: through the system's resolver, with its hosts file. James asks it
 * for the gateway's address and nothing else; {@link io.relaypod.dns} resolves recipients' domains. Thread-safe.
 */
final class SystemNameService implements DNSService {

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
        throw new UnsupportedOperationException(
                "relaypod delivers through one gateway and never by MX: asked for " + host);
    }

    @Override
    public Collection<String> findTXTRecords(String host) {
        throw new UnsupportedOperationException("no part of relaypod reads TXT records: asked for " + host);
    }
}
