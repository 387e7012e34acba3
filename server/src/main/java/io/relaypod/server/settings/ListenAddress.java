package io.relaypod.server.settings;

import java.util.regex.Pattern;

import com.google.common.net.HostAndPort;

/**
 * The address of a server in the form of Go programs: {@code :25} is every address, IPv4 and IPv6.
 *
 * @param host an address or a name; {@code 0.0.0.0} for every address
 * @param port 0 lets the system choose
 */
public record ListenAddress(String host, int port) {

    static final Pattern HOST = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,252})");

    private static final String EVERY_ADDRESS = "0.0.0.0";

    static ListenAddress parse(String text) {
        HostAndPort parsed = HostAndPort.fromString(text);
        String host = parsed.getHost();
        if (!parsed.hasPort()) {
            throw new IllegalArgumentException("no port in " + text);
        }
        if (host.isEmpty() || host.equals("::")) {
            return new ListenAddress(EVERY_ADDRESS, parsed.getPort());
        }
        if (!HOST.matcher(host).matches()) {
            throw new IllegalArgumentException(
                    "no name and no IPv4 address, which is all that James can bind: " + text);
        }
        return new ListenAddress(host, parsed.getPort());
    }

    /** Whether a text is {@code host:port}, the form of James' XML. */
    public static boolean isWithPort(String text) {
        try {
            return !HostAndPort.fromString(text).getHost().isEmpty()
                    && parse(text).port() >= 0;
        } catch (IllegalArgumentException no) {
            return false;
        }
    }

    /** As {@code host:port}, the form that James' XML takes. */
    @Override
    public String toString() {
        return host + ":" + port;
    }
}
