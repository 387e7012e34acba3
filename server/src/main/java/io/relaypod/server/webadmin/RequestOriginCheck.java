package io.relaypod.server.webadmin;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

import com.google.common.net.HostAndPort;
import com.google.common.net.InetAddresses;
import org.eclipse.jetty.http.HttpStatus;

/**
 * Refuses requests that a foreign web page makes an operator's browser send. {@code Origin} (RFC 6454) or
 * {@code Sec-Fetch-Site} shows a foreign page. {@code Host} shows a page whose name was rebound to the relay's address.
 * Immutable.
 */
final class RequestOriginCheck {

    private static final Pattern SCHEME = Pattern.compile("https?://");
    private static final Set<String> OWN_SITES = Set.of("none", "same-origin");

    private final Set<String> names = new TreeSet<>(Set.of("localhost"));

    /** @param names of webadmin for operators, besides {@code localhost} and any IP address */
    RequestOriginCheck(Set<String> names) {
        names.forEach(name -> this.names.add(name.toLowerCase(Locale.ROOT)));
    }

    /**
     * Why a request is refused.
     *
     * @param hosts all values of {@code Host}
     * @param origins all values of {@code Origin}
     * @param sites all values of {@code Sec-Fetch-Site}
     */
    Optional<AdminRefusal> refusal(List<String> hosts, List<String> origins, List<String> sites) {
        if (hosts.size() != 1 || !isOwnName(hosts.get(0))) {
            return Optional.of(AdminRefusal.of(
                    HttpStatus.MISDIRECTED_REQUEST_421,
                    "the request's Host is no name of this relay; expected an IP address, or one of " + names
                            + "; WEBADMIN_HOSTS adds names"));
        }
        boolean ownOrigin = origins.stream()
                .allMatch(origin -> SCHEME.matcher(origin).lookingAt()
                        && SCHEME.matcher(origin).replaceFirst("").equalsIgnoreCase(hosts.get(0)));
        if (!ownOrigin || !OWN_SITES.containsAll(sites)) {
            return Optional.of(AdminRefusal.of(HttpStatus.FORBIDDEN_403, "the request comes from another web page"));
        }
        return Optional.empty();
    }

    private boolean isOwnName(String host) {
        try {
            String name = HostAndPort.fromString(host).getHost().toLowerCase(Locale.ROOT);
            return InetAddresses.isInetAddress(name) || names.contains(name);
        } catch (IllegalArgumentException noHost) {
            return false;
        }
    }
}
