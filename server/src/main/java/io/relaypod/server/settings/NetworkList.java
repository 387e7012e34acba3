package io.relaypod.server.settings;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.google.common.base.Splitter;
import com.google.common.net.InetAddresses;

/**
 * The networks whose clients may relay. James' own NetMatcher cannot be asked: it takes the prefix length of an IPv6
 * network for another, /128 for /64 and /7 for /24, and only logs a network that it cannot read.
 *
 * @param networks each an address or an address with a prefix length, never empty
 */
public record NetworkList(List<String> networks) {

    // No scope such as %eth0, which depends on the machine, and no sign before the prefix length.
    private static final Pattern NETWORK = Pattern.compile("(?<address>[0-9a-fA-F:.]+)(/(?<prefix>\\d{1,3}))?");

    // RFC 1122, 1918, 3927, 4193, 4291 and 6598.
    private static final List<String> PRIVATE = List.of(
            "127.0.0.0/8",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "169.254.0.0/16",
            "100.64.0.0/10",
            "::1/128",
            "fc00::/7",
            "fe80::/10");

    public NetworkList {
        networks = List.copyOf(networks);
    }

    /** @throws IllegalArgumentException if the text is blank or an entry is no network */
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

    /** The networks with addresses that are not private. */
    public List<String> open() {
        return networks.stream()
                .filter(network -> !isPrivate(Network.parse(network)))
                .toList();
    }

    private static boolean isPrivate(Network network) {
        return PRIVATE.stream()
                .map(Network::parse)
                .anyMatch(all -> all.prefix() <= network.prefix() && all.contains(network.address()));
    }

    /** In the form of James' {@code authorizedAddresses}. */
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
            int prefix = network.group("prefix") == null
                    ? address.length * Byte.SIZE
                    : Integer.parseInt(network.group("prefix"));
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
