package io.relaypod.dns;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * On whose behalf DNS is asked, so that one cannot take all of it: an IPv4 address, or the /64 of an IPv6 address, as
 * one host has all of it.
 *
 * @param network the address, or the first of the /64
 */
public record ClientNetwork(InetAddress network) {

    /**
     * The relay itself, and whoever asks through webadmin or {@code ./relaypod check}: the address that no client has.
     */
    public static final ClientNetwork OPERATOR = new ClientNetwork(inet(new byte[4]));

    private static final int NETWORK_BYTES = 8;
    private static final int INET6_BYTES = 16;

    public static ClientNetwork at(InetAddress address) {
        return new ClientNetwork(
                address instanceof Inet6Address
                        ? inet(Arrays.copyOf(Arrays.copyOf(address.getAddress(), NETWORK_BYTES), INET6_BYTES))
                        : address);
    }

    private static InetAddress inet(byte[] address) {
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("so many bytes are an address", impossible);
        }
    }
}
