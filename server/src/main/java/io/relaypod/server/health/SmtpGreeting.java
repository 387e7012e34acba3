package io.relaypod.server.health;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

import com.github.benmanes.caffeine.cache.Ticker;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.relaypod.server.smtp.RelaySmtpServerFactory.SmtpPort;

/**
 * Checks whether SMTP greets a client: connects to each port and waits for a reply. {@code 421} counts too, since a
 * relay with too many clients replies so. A relay that has not greeted for a minute is not alive. Thread-safe.
 */
public final class SmtpGreeting {

    /** The time limit for one port. */
    static final Duration TIMEOUT = Duration.ofSeconds(5);
    /** Six polls. With three probes of Kubernetes, a relay that greets nobody is restarted after two minutes. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Supplier<List<SmtpPort>> ports;
    private final Ticker ticker;
    private volatile long greeted;
    private volatile Optional<String> problem = Optional.empty();

    /** @param ports the ports that are bound now; none before the start and after the stop */
    public SmtpGreeting(Supplier<List<SmtpPort>> ports, Ticker ticker) {
        this.ports = ports;
        this.ticker = ticker;
        this.greeted = ticker.read();
    }

    /** Polls each port. Takes some seconds if a port does not answer. */
    public void poll() {
        Optional<String> found = ports.get().stream()
                .map(SmtpGreeting::problem)
                .flatMap(Optional::stream)
                .findFirst();
        if (found.isEmpty()) {
            greeted = ticker.read();
        }
        problem = found;
    }

    /** The problem that the last poll found. */
    public Optional<String> problem() {
        return problem;
    }

    /** Whether every port has greeted within the last minute. */
    public boolean isAlive() {
        return ticker.read() - greeted <= PATIENCE.toNanos();
    }

    private static Optional<String> problem(SmtpPort port) {
        InetAddress bound = port.address().getAddress();
        InetSocketAddress address = new InetSocketAddress(
                bound.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : bound,
                port.address().getPort());
        try (Socket socket = new Socket()) {
            socket.connect(address, (int) TIMEOUT.toMillis());
            socket.setSoTimeout((int) TIMEOUT.toMillis());
            return port.isEncrypted() ? problemOf(encrypted(socket, address)) : problemOf(socket);
        } catch (SSLException answered) {
            return Optional.empty(); // the port answers; it may demand a client certificate
        } catch (IOException | GeneralSecurityException failure) {
            return Optional.of("no greeting at port " + address.getPort() + ": " + failure.getMessage());
        }
    }

    private static Socket encrypted(Socket socket, InetSocketAddress address)
            throws IOException, GeneralSecurityException {
        SSLContext tls = SSLContext.getInstance("TLS");
        // The poll checks that the port answers, not its identity.
        tls.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        return tls.getSocketFactory().createSocket(socket, address.getHostString(), address.getPort(), true);
    }

    private static Optional<String> problemOf(Socket socket) throws IOException {
        String code = new String(socket.getInputStream().readNBytes(3), StandardCharsets.US_ASCII);
        if (code.equals("220")) {
            socket.getOutputStream().write("QUIT\r\n".getBytes(StandardCharsets.US_ASCII));
            // If a connection is closed with unread bytes it is reset, and the server would log a broken connection.
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        }
        return code.equals("220") || code.equals("421")
                ? Optional.empty()
                : Optional.of("greets with '" + code + "' instead of 220");
    }
}
