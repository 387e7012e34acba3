package io.relaypod.server.monitoring;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import io.netty.channel.Channel;

/** Which connection is missed least when there is room for no more. For one thread. */
final class MonitoringConnections {

    // Each the longest first.
    private final Set<Channel> waiting = new LinkedHashSet<>();
    private final Set<Channel> answered = new LinkedHashSet<>();

    /** From now on it has to send a request. */
    void waitFor(Channel channel) {
        answered.remove(channel);
        waiting.add(channel);
    }

    /** From now on it is being answered, unless it was already. */
    void answer(Channel channel) {
        waiting.remove(channel);
        answered.add(channel);
    }

    void forget(Channel channel) {
        waiting.remove(channel);
        answered.remove(channel);
    }

    /** The one that has been answered for longest: it holds memory, and does not read. */
    Optional<Channel> longestAnswered() {
        return answered.stream().findFirst();
    }

    /**
     * The one that has sent no request for longest; where each has, the one that has been answered longest, as it does
     * not read.
     */
    Optional<Channel> leastMissed() {
        return Stream.concat(waiting.stream(), answered.stream()).findFirst();
    }
}
