package io.relaypod.dns;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;

import com.google.common.net.InetAddresses;

/**
 * Whether an address can be that of a mail host. An IPv6 address that carries an IPv4 address (mapped, NAT64 of RFC
 * 6052, 6to4) is judged by the IPv4 address.
 */
public final class MailHostAddress {

    private static final byte[] NAT64 = {0, 0x64, (byte) 0xff, (byte) 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff};
    private static final byte[] COMPATIBLE = new byte[12];
    // RFC 6666.
    private static final byte[] DISCARD = {1, 0, 0, 0, 0, 0, 0, 0};

    private MailHostAddress() {}

    /**
     * False for addresses that no other host answers at, wherever the relay runs: loopback (127.0.53.53 of ICANN's name
     * collisions among it), 0.0.0.0/8 and ::, link-local, multicast, 240.0.0.0/4 with the broadcast address, ::/96 and
     * 100::/64.
     */
    public static boolean isUsable(InetAddress address) {
        Optional<InetAddress> embedded = embedded(address);
        if (embedded.isPresent()) {
            return isUsable(embedded.get());
        }
        byte[] bytes = address.getAddress();
        if (address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || address.isLinkLocalAddress()
                || address.isMulticastAddress()) {
            return false;
        }
        return bytes.length == 4
                ? bytes[0] != 0 && (bytes[0] & 0xf0) != 0xf0
                : !startsWith(bytes, COMPATIBLE) && !startsWith(bytes, DISCARD);
    }

    /**
     * False also for addresses that the Internet cannot reach: private (RFC 1918, RFC 4193, fec0::/10), shared (RFC
     * 6598), of the protocols (192.0.0.0/24), for benchmarks (198.18.0.0/15) and for documentation (RFC 5737, RFC
     * 3849).
     */
    public static boolean isRoutable(InetAddress address) {
        Optional<InetAddress> embedded = embedded(address);
        if (embedded.isPresent()) {
            return isRoutable(embedded.get());
        }
        return isUsable(address) && !address.isSiteLocalAddress() && !isSetAside(address.getAddress());
    }

    private static boolean isSetAside(byte[] address) {
        if (address.length != 4) {
            return (address[0] & 0xfe) == 0xfc || startsWith(address, 0x20, 0x01, 0x0d, 0xb8);
        }
        return startsWith(address, 192, 0, 0)
                || startsWith(address, 192, 0, 2)
                || startsWith(address, 198, 51, 100)
                || startsWith(address, 203, 0, 113)
                || startsWith(address, 198, 18)
                || startsWith(address, 198, 19)
                || startsWith(address, 100) && (address[1] & 0xc0) == 0x40;
    }

    private static Optional<InetAddress> embedded(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (address instanceof Inet4Address) {
            return Optional.empty();
        }
        if (startsWith(bytes, NAT64) || startsWith(bytes, MAPPED)) {
            return Optional.of(inet4(Arrays.copyOfRange(bytes, 12, 16)));
        }
        return startsWith(bytes, 0x20, 0x02)
                ? Optional.of(InetAddresses.get6to4IPv4Address((Inet6Address) address))
                : Optional.empty();
    }

    private static InetAddress inet4(byte[] address) {
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("four bytes are an address", impossible);
        }
    }

    private static boolean startsWith(byte[] address, byte[] prefix) {
        return Arrays.mismatch(address, prefix) == prefix.length || Arrays.equals(address, prefix);
    }

    private static boolean startsWith(byte[] address, int... prefix) {
        for (int i = 0; i < prefix.length; i++) {
            if (Byte.toUnsignedInt(address[i]) != prefix[i]) {
                return false;
            }
        }
        return true;
    }
}
