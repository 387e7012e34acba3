package io.relaypod.server.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * The image's HEALTHCHECK: whether a client of the relay in this container gets its greeting, at LISTEN_ADDR or at the
 * argument. A class of its own with nothing but the JDK in it, as it runs beside the relay, in its memory limit, every
 * half minute. Exit codes: 0 greeted, also with 421, which is what a relay with as many clients as it takes says; 1
 * not.
 */
public final class Health {

    private static final int TIMEOUT_MILLIS = 5_000;

    private Health() {}

    public static void main(String[] arguments) {
        String listen = arguments.length > 0 ? arguments[0] : System.getenv().getOrDefault("LISTEN_ADDR", "");
        try {
            String greeting = greeting(address(listen.isBlank() ? ":25" : listen.strip()));
            System.out.println(greeting);
            System.exit(greeting.startsWith("220") || greeting.startsWith("421") ? 0 : 1);
        } catch (IOException | IllegalArgumentException unhealthy) {
            System.out.println("relaypod: no greeting at '" + listen + "': " + unhealthy.getMessage());
            System.exit(1);
        }
    }

    private static String greeting(InetSocketAddress address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(address, TIMEOUT_MILLIS);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            String line = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .readLine();
            socket.getOutputStream().write("QUIT\r\n".getBytes(StandardCharsets.US_ASCII));
            return line == null ? "closed without a word" : line;
        }
    }

    private static InetSocketAddress address(String listen) {
        int colon = listen.lastIndexOf(':');
        String host = listen.substring(0, Math.max(colon, 0));
        int port = Integer.parseInt(listen.substring(colon + 1));
        boolean everywhere = host.isEmpty() || host.equals("0.0.0.0") || host.equals("[::]");
        return everywhere
                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), port)
                : new InetSocketAddress(host, port);
    }
}
