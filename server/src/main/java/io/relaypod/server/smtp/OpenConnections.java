package io.relaypod.server.smtp;

import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import io.relaypod.memory.FairShare;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import io.relaypod.server.settings.ClientLimits;

/**
 * Counts the open connections, in all and by client address, against their limits, and reserves the memory of each.
 * Keeps no address without a connection. Thread-safe.
 */
final class OpenConnections {

    // In bytes, measured: docs/memory.md.
    static final int OF_CONNECTION = 8 << 10;
    static final int OF_TLS = 32 << 10;

    private final ClientLimits limits;
    private final MemoryBudget budget;
    private final FairShare tlsMemory;
    private final AtomicInteger all = new AtomicInteger();
    private final Map<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

    OpenConnections(ClientLimits limits, MemoryBudget budget) {
        this.limits = limits;
        this.budget = budget;
        this.tlsMemory = new FairShare(budget, MemoryUse.TLS_SESSIONS);
    }

    /** @return empty when there is no room for one more */
    Optional<OpenConnection> tryOpen(InetAddress client) {
        if (all.incrementAndGet() <= limits.connections()) {
            if (tryCount(client)) {
                Optional<Reservation> memory = budget.tryReserve(MemoryUse.SMTP_SESSIONS, OF_CONNECTION);
                if (memory.isPresent()) {
                    return Optional.of(new OpenConnection(client, memory.get()));
                }
                uncount(client);
            }
        }
        all.decrementAndGet();
        return Optional.empty();
    }

    private boolean tryCount(InetAddress client) {
        if (byAddress.merge(client, 1, Integer::sum) <= limits.connectionsPerIp()) {
            return true;
        }
        uncount(client);
        return false;
    }

    private void uncount(InetAddress client) {
        byAddress.computeIfPresent(client, (address, count) -> count == 1 ? null : count - 1);
    }

    /** A connection that is counted until it is closed. For the channel's thread. */
    final class OpenConnection {

        private final Reservation memory;
        private InetAddress client;
        private Optional<Reservation> tls = Optional.empty();

        private OpenConnection(InetAddress client, Reservation memory) {
            this.client = client;
            this.memory = memory;
        }

        /** Counts it for another address, which a proxy has named; whether there was room for one more of that. */
        boolean tryMove(InetAddress behindProxy) {
            if (!tryCount(behindProxy)) {
                return false;
            }
            uncount(client);
            client = behindProxy;
            return true;
        }

        /** Whether the budget, and the client address's share of it, allow TLS; then it is reserved. */
        boolean tryEncrypt() {
            if (tls.isEmpty()) {
                tls = tlsMemory.tryReserve(client, OF_TLS);
            }
            return tls.isPresent();
        }

        void close() {
            all.decrementAndGet();
            uncount(client);
            memory.close();
            tls.ifPresent(Reservation::close);
        }
    }
}
