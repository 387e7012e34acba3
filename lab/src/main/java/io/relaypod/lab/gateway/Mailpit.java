package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A running Mailpit, the real one or a stand-in. Implementations are thread-safe.
 *
 * <pre>{@code
 * try (Mailpit mailpit = Mailpit.start(Relaying.none())) {
 *     // send to mailpit.smtpAddress(), then look at mailpit.messages()
 * }
 * }</pre>
 */
public interface Mailpit extends AutoCloseable {

    /** A free port of the system's choice. */
    int ANY_PORT = 0;

    /** Starts a Mailpit, which accepts mail when the method returns. */
    @FunctionalInterface
    interface Starter {
        /** @param port the SMTP port of 127.0.0.1 */
        Mailpit start(int port, Relaying relaying) throws IOException;
    }

    /** Starts the real Mailpit if this machine has one, else the stand-in. */
    static Mailpit start(Relaying relaying) throws IOException {
        return start(ANY_PORT, relaying);
    }

    /** Starts the real Mailpit if this machine has one, else the stand-in, with SMTP at the given port. */
    static Mailpit start(int port, Relaying relaying) throws IOException {
        Optional<Path> binary = RealMailpit.find();
        return binary.isPresent()
                ? RealMailpit.start(binary.get(), port, relaying)
                : MailpitStandIn.start(port, relaying);
    }

    InetSocketAddress smtpAddress();

    /** The version, and whether it is the real one, for people. */
    String description();

    /** The stored messages with their envelopes, in order of arrival. */
    List<ReceivedMail> messages();

    /** Deletes the stored messages. */
    void clear();

    @Override
    void close();
}
