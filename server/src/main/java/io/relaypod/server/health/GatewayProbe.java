package io.relaypod.server.health;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Looks whether the gateway greets us: connects, waits for {@code 220} and says QUIT. Thread-safe. */
public final class GatewayProbe {

    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final int LONGEST_GOODBYE = 4096;

    private final String host;
    private final int port;
    private volatile State state = new State(true, "not looked for yet");

    /**
     * What was found.
     *
     * @param words for an operator
     */
    public record State(boolean isUp, String words) {
    }

    public GatewayProbe(String host, int port) {
        this.host = host;
        this.port = port;
    }

    /** What was found last. */
    public State state() {
        return state;
    }

    /** Takes some seconds when nobody answers. */
    public void look() {
        state = find();
    }

    private State find() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), (int) TIMEOUT.toMillis());
            socket.setSoTimeout((int) TIMEOUT.toMillis());
            InputStream in = socket.getInputStream();
            String code = new String(in.readNBytes(3), StandardCharsets.US_ASCII);
            socket.getOutputStream().write("QUIT\r\n".getBytes(StandardCharsets.US_ASCII));
            // To its end, so that the gateway sees a session that was closed in good order.
            in.readNBytes(LONGEST_GOODBYE);
            return code.equals("220") ? new State(true, "greets with 220") : new State(false, "greets with '" + code + "' instead of 220");
        } catch (IOException unreachable) {
            return new State(false, "not reached: " + unreachable.getMessage());
        }
    }
}
