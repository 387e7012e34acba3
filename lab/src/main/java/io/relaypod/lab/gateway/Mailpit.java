package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A running Mailpit, real or imitated. Implementations are safe for use by many threads.
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

    /** Starts one; it takes mail when this returns. */
    @FunctionalInterface
    interface Starter {

        /** @param port of 127.0.0.1, where it takes mail */
        Mailpit start(int port, Relaying relaying) throws IOException;
    }

    /** Starts the real one if there is one on this machine, else the stand-in. */
    static Mailpit start(Relaying relaying) throws IOException {
        return start(ANY_PORT, relaying);
    }

    /** Starts the real one if there is one on this machine, else the stand-in, with SMTP at the given port. */
    static Mailpit start(int port, Relaying relaying) throws IOException {
        Optional<Path> binary = RealMailpit.find();
        return binary.isPresent()
                ? RealMailpit.start(binary.get(), port, relaying)
                : MailpitStandIn.start(port, relaying);
    }

    /** Where it takes mail. */
    InetSocketAddress smtpAddress();

    /** Which one it is, for people. */
    String description();

    /** What it stored, in order of arrival, each with its envelope. */
    List<ReceivedMail> messages();

    /** Deletes what it stored. */
    void clear();

    @Override
    void close();
}
