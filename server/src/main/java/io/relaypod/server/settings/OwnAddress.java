package io.relaypod.server.settings;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

import com.google.common.base.Splitter;

/**
 * Detects a gateway that is this relay itself, which would be a mail loop (RFC 5321 section 6.3).
 *
 * @param listen where the relay listens
 * @param hostName of this machine or pod
 */
record OwnAddress(ListenAddress listen, String hostName) {

    // What a Deployment, StatefulSet or DaemonSet puts behind its name: a hash, a random part, or a number. Kubernetes'
    // letters for them have no vowels, so that relay-gateway-0 is no pod of relay.
    private static final Pattern OF_A_POD =
            Pattern.compile("(-[bcdfghjklmnpqrstvwxz2456789]{6,10})?-([bcdfghjklmnpqrstvwxz2456789]{5}|[0-9]{1,5})");

    /** Asks the system's resolver only when the ports are the same; a name that it does not know is not ours. */
    boolean isReachedBy(String host, int port) {
        try {
            return port == listen.port()
                    && (isOwnService(host)
                            || Arrays.stream(InetAddress.getAllByName(host)).anyMatch(this::isOwn));
        } catch (UnknownHostException notOurs) {
            return false;
        }
    }

    /**
     * Whether it is the name of the Service that has this pod behind it, as a Service has the name of its Deployment or
     * StatefulSet: its address is on no interface of ours.
     */
    private boolean isOwnService(String host) {
        List<String> labels = Splitter.on('.').splitToList(host.toLowerCase(Locale.ROOT));
        // Any other name is compared by its address.
        boolean isOfACluster = labels.size() <= 2 || labels.get(2).equals("svc");
        String name = labels.get(0);
        return isOfACluster
                && hostName.startsWith(name)
                && OF_A_POD.matcher(hostName.substring(name.length())).matches();
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
