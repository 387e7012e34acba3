package io.relaypod.server.settings;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * Whether a host and port are where this relay itself listens: a relay that is its own next hop sends each mail to
 * itself without end (RFC 5321 section 6.3).
 *
 * @param listen where the relay listens
 */
record OwnAddress(ListenAddress listen) {

    /** Asks the system's resolver only when the ports are the same; a name that it does not know is not ours. */
    boolean isReachedBy(String host, int port) {
        try {
            return port == listen.port()
                    && Arrays.stream(InetAddress.getAllByName(host)).anyMatch(this::isOwn);
        } catch (UnknownHostException notOurs) {
            return false;
        }
    }

    private boolean isOwn(InetAddress address) {
        try {
            InetAddress own = InetAddress.getByName(listen.host());
            boolean isHere = address.isLoopbackAddress()
                    || address.isAnyLocalAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
            // 0.0.0.0 connects to this host as well.
            return own.isAnyLocalAddress()
                    ? isHere
                    : address.equals(own) || address.isAnyLocalAddress() && own.isLoopbackAddress();
        } catch (SocketException | UnknownHostException notOurs) {
            return false;
        }
    }
}
