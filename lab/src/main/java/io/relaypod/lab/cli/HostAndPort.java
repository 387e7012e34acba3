package io.relaypod.lab.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses the HOST:PORT of a command line option. */
final class HostAndPort {

    private static final Pattern FORM = Pattern.compile("(.+):(\\d{1,5})");
    private static final int LAST_PORT = 65_535;

    private HostAndPort() {}

    static InetSocketAddress parse(String option, String text) throws IOException {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches() || Integer.parseInt(parts.group(2)) > LAST_PORT) {
            throw new IOException(option + " is '" + text + "'; expected HOST:PORT");
        }
        return new InetSocketAddress(parts.group(1), Integer.parseInt(parts.group(2)));
    }
}
