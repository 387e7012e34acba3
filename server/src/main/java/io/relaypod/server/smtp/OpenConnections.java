package io.relaypod.server.smtp;

import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import io.relaypod.server.settings.ClientLimits;

/** Counts the open connections, in all and by client address, against their limits. Holds no address that has none. Thread-safe. */
final class OpenConnections {

    private final ClientLimits limits;
    private final AtomicInteger all = new AtomicInteger();
    private final Map<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

    OpenConnections(ClientLimits limits) {
        this.limits = limits;
    }

    /** Whether there was room for one more; then {@link #close} has to follow. */
    boolean tryOpen(InetAddress client) {
        if (all.incrementAndGet() > limits.connections()) {
            all.decrementAndGet();
            return false;
        }
        if (byAddress.merge(client, 1, Integer::sum) > limits.connectionsPerIp()) {
            close(client);
            return false;
        }
        return true;
    }

    void close(InetAddress client) {
        all.decrementAndGet();
        byAddress.computeIfPresent(client, (address, count) -> count == 1 ? null : count - 1);
    }
}
