package io.relaypod.server.settings;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.google.common.base.Splitter;
import com.google.common.net.InetAddresses;

/**
 * The networks whose clients may relay. James' own NetMatcher cannot be asked: it takes the prefix length of an IPv6 network for another,
 * /128 for /64 and /7 for /24, and only logs a network that it cannot read.
 *
 * @param networks each an address or an address with a prefix length, never empty
 */
public record NetworkList(List<String> networks) {

    // No scope (%eth0), which is another interface on another machine, and no sign before the prefix length.
    private static final Pattern NETWORK = Pattern.compile("(?<address>[0-9a-fA-F:.]+)(/(?<prefix>\\d{1,3}))?");

    public NetworkList {
        networks = List.copyOf(networks);
    }

    /**
     * @throws IllegalArgumentException when there is no network in it, or what is no network
     */
    public static NetworkList parse(String text) {
        List<String> networks = Splitter.onPattern("[,\\s]+").omitEmptyStrings().splitToList(text);
        if (networks.isEmpty()) {
            throw new IllegalArgumentException("no network");
        }
        networks.forEach(Network::parse);
        return new NetworkList(networks);
    }

    /** Whether the address is in one of the networks. */
    public boolean contains(InetAddress address) {
        return networks.stream().map(Network::parse).anyMatch(network -> network.contains(address.getAddress()));
    }

    /** As James' {@code authorizedAddresses} takes it. */
    @Override
    public String toString() {
        return String.join(",", networks);
    }

    private record Network(byte[] address, int prefix) {

        static Network parse(String text) {
            Matcher network = NETWORK.matcher(text);
            if (!network.matches()) {
                throw new IllegalArgumentException("no network: " + text);
            }
            byte[] address = InetAddresses.forString(network.group("address")).getAddress();
            int prefix = network.group("prefix") == null ? address.length * Byte.SIZE : Integer.parseInt(network.group("prefix"));
            if (prefix > address.length * Byte.SIZE) {
                throw new IllegalArgumentException("no such prefix length: " + text);
            }
            return new Network(address, prefix);
        }

        boolean contains(byte[] client) {
            int bytes = prefix / Byte.SIZE;
            if (client.length != address.length || !Arrays.equals(client, 0, bytes, address, 0, bytes)) {
                return false;
            }
            int mask = 0xff << (Byte.SIZE - prefix % Byte.SIZE) & 0xff;
            return mask == 0 || (client[bytes] & mask) == (address[bytes] & mask);
        }
    }
}
