package io.relaypod.server.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLSocketFactory;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.smtpclient.RecipientOutcome;
import io.relaypod.smtpclient.SmtpClient;
import io.relaypod.smtpclient.SmtpClientSettings;
import io.relaypod.smtpclient.SmtpConnection;
import io.relaypod.smtpclient.SmtpEnvelope;
import io.relaypod.smtpclient.SmtpRecipient;
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

    /** Sends a message to one recipient, and returns what became of it. */
    static RecipientOutcome send(SmtpConnection connection, String sender, String recipient, byte[] message)
            throws IOException {
        SmtpEnvelope envelope = new SmtpEnvelope(
                sender, Optional.empty(), Optional.empty(), List.of(new SmtpRecipient(recipient, Optional.empty())));
        return connection.send(envelope, out -> out.write(message)).outcomes().get(0);
    }

    @Override
    public void close() {
        client.close();
    }
}
