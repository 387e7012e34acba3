package io.relaypod.server.monitoring;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.netty.channel.Channel;

/**
 * Chooses the connection to close when there is no room for a new one. The client address with the most connections
 * loses one, so that a flood closes no connection of a probe. For one thread.
 */
final class MonitoringConnections {

    // In both sets the longest is first.
    private final Set<Channel> waiting = new LinkedHashSet<>();
    private final Set<Channel> answered = new LinkedHashSet<>();

    /** Records that the connection has no request. */
    void waitFor(Channel channel) {
        answered.remove(channel);
        waiting.add(channel);
    }

    /** Records that the connection has a request; it may have had one before. */
    void answer(Channel channel) {
        waiting.remove(channel);
        answered.add(channel);
    }

    void remove(Channel channel) {
        waiting.remove(channel);
        answered.remove(channel);
    }

    /** The connection whose answer takes longest: it holds memory, and its client does not read. */
    Optional<Channel> longestAnswered() {
        return answered.stream().findFirst();
    }

    /**
     * A connection of the client address with the most connections: the connection that has been without a request for
     * longest, or, if each has a request, the connection whose answer takes longest.
     */
    Optional<Channel> evictionCandidate() {
        Map<Optional<InetAddress>, Long> counts =
                all().collect(Collectors.groupingBy(MonitoringConnections::client, Collectors.counting()));
        long most = counts.values().stream().mapToLong(count -> count).max().orElse(0);
        return all().filter(channel -> counts.getOrDefault(client(channel), 0L) == most)
                .findFirst();
    }

    private Stream<Channel> all() {
        return Stream.of(waiting, answered).flatMap(Set::stream);
    }

    private static Optional<InetAddress> client(Channel channel) {
        return Optional.ofNullable(channel.remoteAddress())
                .filter(InetSocketAddress.class::isInstance)
                .map(address -> ((InetSocketAddress) address).getAddress());
    }
}
