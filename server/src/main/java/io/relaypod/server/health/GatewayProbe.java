package io.relaypod.server.health;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks whether the gateway greets: connects, waits for {@code 220} and sends QUIT. Thread-safe. */
public final class GatewayProbe {

    private static final Logger LOGGER = LoggerFactory.getLogger(GatewayProbe.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final int MAX_QUIT_REPLY = 4096;

    private final String host;
    private final int port;
    private final Availability availability;
    private volatile GatewayState state = new GatewayState(true, "not polled yet");

    /**
     * The result of a poll.
     *
     * @param words for an operator
     */
    public record GatewayState(boolean isUp, String words) {}

    public GatewayProbe(String host, int port) {
        this(host, port, Clock.systemUTC());
    }

    public GatewayProbe(String host, int port, Clock clock) {
        this.host = host;
        this.port = port;
        this.availability = new Availability(clock);
    }

    /** The result of the last poll. */
    public GatewayState state() {
        return state;
    }

    /** Polls the gateway. Takes some seconds if it does not answer. */
    public void poll() {
        GatewayState found = find();
        if (found.isUp()) {
            availability
                    .returned()
                    .ifPresent(outage ->
                            LOGGER.info("event=gateway-back gateway={}:{} after={}s", host, port, outage.toSeconds()));
        } else {
            availability
                    .lost()
                    .ifPresent(since -> LOGGER.warn(
                            "event=gateway-away gateway={}:{} reason=\"{}\" since={}",
                            host,
                            port,
                            found.words(),
                            since));
        }
        state = found;
    }

    /** In whole seconds; empty while the gateway greets. */
    public Optional<Instant> unavailableSince() {
        return availability.unavailableSince();
    }

    /** Reads until the end, {@code most} bytes or the deadline. */
    private static byte[] read(Socket socket, int most, long deadline) throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        InputStream in = socket.getInputStream();
        while (read.size() < most) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw new SocketTimeoutException("Read timed out");
            }
            socket.setSoTimeout((int) left);
            int next = in.read();
            if (next < 0) {
                break;
            }
            read.write(next);
        }
        return read.toByteArray();
    }

    /**
     * Sends QUIT and reads to the end, so that the gateway sees a session that was closed in order. A gateway that does
     * not close the connection in time has greeted nevertheless.
     */
    private static void quit(Socket socket, long deadline) throws IOException {
        socket.getOutputStream().write("QUIT\r\n".getBytes(StandardCharsets.US_ASCII));
        try {
            read(socket, MAX_QUIT_REPLY, deadline);
        } catch (SocketTimeoutException slow) {
            // the greeting was read
        }
    }

    private GatewayState find() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), (int) TIMEOUT.toMillis());
            long deadline = System.nanoTime() + TIMEOUT.toNanos();
            String code = new String(read(socket, 3, deadline), StandardCharsets.US_ASCII);
            quit(socket, deadline);
            return code.equals("220")
                    ? new GatewayState(true, "greets with 220")
                    : new GatewayState(false, "greets with '" + code + "' instead of 220");
        } catch (IOException unreachable) {
            return new GatewayState(false, "not reached: " + unreachable.getMessage());
        }
    }
}
