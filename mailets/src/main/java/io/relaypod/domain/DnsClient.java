package io.relaypod.domain;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * On whose behalf DNS is asked, so that one cannot take all of it: an IPv4 address, or the /64 of an IPv6 address, as one host has all of it.
 *
 * @param network one name for each
 */
public record DnsClient(String network) {

    /** The relay itself, and whoever asks through webadmin or {@code ./relaypod check}. */
    public static final DnsClient OPERATOR = new DnsClient("operator");

    private static final int NETWORK_BYTES = 8;

    public static DnsClient at(InetAddress address) {
        return new DnsClient(address instanceof Inet6Address
            ? HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), NETWORK_BYTES)) : address.getHostAddress());
    }
}
