package io.relaypod.dns;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * The client network on whose behalf DNS is queried. Places among the queries are shared between networks. A network is
 * an IPv4 address, or the /64 of an IPv6 address, since one host usually has a whole /64.
 *
 * @param network the address, or the first of the /64
 */
public record ClientNetwork(InetAddress network) {

    /**
     * Stands for the relay itself and for operators, who use webadmin or {@code ./relaypod check}. No client has this
     * address.
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
            throw new IllegalStateException("the length is that of an address", impossible);
        }
    }
}
