package io.relaypod.server.smtp;

import java.net.InetAddress;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

import io.relaypod.memory.FairShare;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import io.relaypod.server.settings.ClientLimits;

/**
 * Counts the open connections, in all and by client address, against their limits, and reserves the memory of each. If
 * all places are taken, the address with the most connections, of those with an idle one, loses the one that it left
 * idle for longest to an address with fewer. Keeps no address without a connection. Thread-safe.
 */
final class OpenConnections {

    // In bytes, measured: docs/memory.md.
    static final int OF_CONNECTION = 8 << 10;
    static final int OF_TLS = 32 << 10;

    private final ClientLimits limits;
    private final MemoryBudget budget;
    private final FairShare tlsMemory;
    private final Map<InetAddress, Set<OpenConnection>> byAddress = new HashMap<>();
    private int all;

    /** The end of a connection that is counted here. */
    interface ConnectionEnd {

        /** Time by {@link System#nanoTime} since which the client is expected to send or read; empty if it waits. */
        OptionalLong idleSince();

        /** Another client has its place: it is closed behind the reply that is due. For any thread. */
        void displace();
    }

    OpenConnections(ClientLimits limits, MemoryBudget budget) {
        this.limits = limits;
        this.budget = budget;
        this.tlsMemory = new FairShare(budget, MemoryUse.TLS_SESSIONS);
    }

    /**
     * Counts one more connection.
     *
     * @param mayDisplace whether another one may lose its place to it
     * @return empty when there is no room for one more
     */
    synchronized Optional<OpenConnection> tryOpen(InetAddress client, boolean mayDisplace, ConnectionEnd end) {
        if (count(client) >= limits.connectionsPerIp()) {
            return Optional.empty();
        }
        return tryReserve()
                .or(() -> mayDisplace ? displaceFor(client) : Optional.empty())
                .map(memory -> {
                    OpenConnection opened = new OpenConnection(client, end, memory);
                    byAddress.computeIfAbsent(client, any -> new HashSet<>()).add(opened);
                    all++;
                    return opened;
                });
    }

    private int count(InetAddress client) {
        return byAddress.getOrDefault(client, Set.of()).size();
    }

    private Optional<Reservation> tryReserve() {
        return all < limits.connections()
                ? budget.tryReserve(MemoryUse.SMTP_SESSIONS, OF_CONNECTION)
                : Optional.empty();
    }

    // Both addresses have to be better off: otherwise two would displace each other forever.
    private Optional<Reservation> displaceFor(InetAddress client) {
        long now = System.nanoTime();
        Optional<OpenConnection> displaced = byAddress.values().stream()
                .filter(ofAddress -> ofAddress.stream()
                        .anyMatch(connection -> connection.end.idleSince().isPresent()))
                .max(Comparator.comparing(Set::size))
                .filter(most -> most.size() > count(client) + 1)
                .flatMap(most -> most.stream()
                        .filter(connection -> connection.end.idleSince().isPresent())
                        .max(Comparator.comparing(
                                connection -> now - connection.end.idleSince().orElse(now))));
        return displaced.map(connection -> {
            uncount(connection);
            connection.end.displace();
            return connection.memory;
        });
    }

    private void uncount(OpenConnection connection) {
        Set<OpenConnection> ofAddress = byAddress.getOrDefault(connection.client, Set.of());
        if (ofAddress.remove(connection)) {
            all--;
        }
        if (ofAddress.isEmpty()) {
            byAddress.remove(connection.client);
        }
    }

    /** A connection that is counted until it is closed or displaced. For the channel's thread. */
    final class OpenConnection {

        private final ConnectionEnd end;
        private final Reservation memory;
        private InetAddress client;
        private Optional<Reservation> tls = Optional.empty();

        private OpenConnection(InetAddress client, ConnectionEnd end, Reservation memory) {
            this.client = client;
            this.end = end;
            this.memory = memory;
        }

        /** Counts it for another address, which a proxy has named; whether there was room for one more of that. */
        boolean tryMove(InetAddress behindProxy) {
            synchronized (OpenConnections.this) {
                if (count(behindProxy) >= limits.connectionsPerIp()) {
                    return false;
                }
                if (isCounted()) {
                    uncount(this);
                    client = behindProxy;
                    byAddress.computeIfAbsent(client, any -> new HashSet<>()).add(this);
                    all++;
                }
                return true;
            }
        }

        private boolean isCounted() {
            return byAddress.getOrDefault(client, Set.of()).contains(this);
        }

        /** Whether the budget, and the client address's share of it, allow TLS; then it is reserved. */
        boolean tryEncrypt() {
            if (tls.isEmpty()) {
                tls = tlsMemory.tryReserve(client, OF_TLS);
            }
            return tls.isPresent();
        }

        void close() {
            synchronized (OpenConnections.this) {
                // The memory of one that was displaced belongs to another.
                if (isCounted()) {
                    uncount(this);
                    memory.close();
                }
            }
            tls.ifPresent(Reservation::close);
        }
    }
}
