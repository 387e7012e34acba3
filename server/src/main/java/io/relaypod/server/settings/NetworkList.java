package io.relaypod.server.settings;

import java.net.InetAddress;
import java.util.List;

import com.google.common.base.Splitter;
import com.google.common.net.InetAddresses;

/**
 * The networks whose clients may relay.
 *
 * @param networks each an address or an address with a prefix length, never empty
 */
public record NetworkList(List<String> networks) {

    static NetworkList parse(String text) {
        List<String> networks = Splitter.onPattern("[,\\s]+").omitEmptyStrings().splitToList(text);
        if (networks.isEmpty()) {
            throw new IllegalArgumentException("no network");
        }
        networks.forEach(NetworkList::validate);
        return new NetworkList(networks);
    }

    // Strict, as James would only log a network that it cannot read and go on without it.
    private static void validate(String network) {
        List<String> parts = Splitter.on('/').limit(2).splitToList(network);
        InetAddress address = InetAddresses.forString(parts.get(0));
        if (parts.size() == 2) {
            int prefix = Integer.parseInt(parts.get(1));
            if (prefix < 0 || prefix > address.getAddress().length * 8) {
                throw new IllegalArgumentException("no such prefix length: " + network);
            }
        }
    }

    /** As James' {@code authorizedAddresses} takes it. */
    @Override
    public String toString() {
        return String.join(",", networks);
    }
}
