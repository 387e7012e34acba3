package io.relaypod.server.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLSocketFactory;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.smtpclient.SmtpClient;
import io.relaypod.smtpclient.SmtpClientSettings;
import io.relaypod.smtpclient.SmtpConnection;
import io.relaypod.smtpclient.SmtpServerAddress;

/** Opens SMTP connections with short time limits and without TLS. Thread-safe. */
public final class SmtpDoor implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration RELAYING = Duration.ofMinutes(1);

    private final SmtpClient client = new SmtpClient(
            new SmtpClientSettings(
                    "relaypod-doctor.invalid",
                    PATIENCE,
                    PATIENCE,
                    RELAYING,
                    false,
                    false,
                    () -> (SSLSocketFactory) SSLSocketFactory.getDefault(),
                    Optional.empty(),
                    Optional.empty()),
            MemoryBudget.ofThisProcess());

    /** @throws IOException if the server is not reached or does not greet with 220 */
    SmtpConnection connect(String host, int port) throws IOException {
        return client.connect(new SmtpServerAddress(host, InetAddress.getByName(host), port, false));
    }

    @Override
    public void close() {
        client.close();
    }
}
