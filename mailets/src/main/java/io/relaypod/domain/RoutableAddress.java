package io.relaypod.domain;

import java.net.Inet6Address;
import java.net.InetAddress;

/** Tells addresses that the Internet can reach from those that it cannot. */
final class RoutableAddress {

    private RoutableAddress() {
    }

    /** False for loopback, unspecified, link-local, multicast, private (RFC 1918, RFC 4193, RFC 6598) and documentation (RFC 5737, RFC 3849) addresses. */
    static boolean isRoutable(InetAddress address) {
        return !address.isLoopbackAddress() && !address.isAnyLocalAddress() && !address.isLinkLocalAddress()
            && !address.isSiteLocalAddress() && !address.isMulticastAddress()
            && !isForDocumentation(address.getAddress()) && !isUniqueLocal(address) && !isShared(address.getAddress());
    }

    private static boolean isForDocumentation(byte[] address) {
        return address.length == 4
            ? startsWith(address, 192, 0, 2) || startsWith(address, 198, 51, 100) || startsWith(address, 203, 0, 113)
            : startsWith(address, 0x20, 0x01, 0x0d, 0xb8);
    }

    private static boolean isUniqueLocal(InetAddress address) {
        return address instanceof Inet6Address && (address.getAddress()[0] & 0xfe) == 0xfc;
    }

    private static boolean isShared(byte[] address) {
        return address.length == 4 && address[0] == 100 && (address[1] & 0xc0) == 64;
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
