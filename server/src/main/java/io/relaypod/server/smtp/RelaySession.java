package io.relaypod.server.smtp;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.Optional;

import io.relaypod.memory.FairShare;
import org.apache.james.protocols.api.ProtocolTransport;
import org.apache.james.protocols.smtp.SMTPConfiguration;
import org.apache.james.smtpserver.ExtendedSMTPSession;

/**
 * A session that never asks DNS for its client's name: James would, on an I/O thread, for the Received line and the
 * mail's attributes, and every other client of that thread would wait.
 */
final class RelaySession extends ExtendedSMTPSession {

    // Set before our constructor: James' asks for the address.
    @SuppressWarnings("NullAway.Init")
    private InetSocketAddress found;

    @SuppressWarnings("NullAway.Init")
    private InetSocketAddress unnamed;

    private final EnvelopeMemory envelope;
    private Optional<IncomingMessage> incoming = Optional.empty();

    RelaySession(SMTPConfiguration configuration, ProtocolTransport transport, FairShare envelopes) {
        super(configuration, transport);
        this.envelope = new EnvelopeMemory(envelopes);
    }

    /** The connection under the session. */
    RelayTransport transport() {
        return (RelayTransport) getProtocolTransport();
    }

    /** What the transaction's recipients take. */
    EnvelopeMemory envelope() {
        return envelope;
    }

    /** Begins the transaction's message: the client's next lines are its own. */
    void receive(IncomingMessage message) {
        incoming = Optional.of(message);
        pushLineHandler(message);
    }

    /** The message that the client is sending. */
    Optional<IncomingMessage> incoming() {
        return incoming;
    }

    /** The message's content, with what its recipients take of the budget. The caller disposes of it. */
    ReceivedMessage handOver() {
        ReceivedMessage content = incoming.orElseThrow().handOver();
        incoming = Optional.empty();
        content.keep(envelope.handOver());
        return content;
    }

    @Override
    public void resetState() {
        super.resetState();
        incoming.ifPresent(IncomingMessage::dispose);
        incoming = Optional.empty();
        envelope.clear();
    }

    @Override
    public InetSocketAddress getRemoteAddress() {
        InetSocketAddress remote = super.getRemoteAddress();
        if (!Objects.equals(remote, found)) { // asked at every recipient; a proxy may name another
            found = remote;
            unnamed = withoutName(remote);
        }
        return unnamed;
    }

    private static InetSocketAddress withoutName(InetSocketAddress remote) {
        InetAddress address = remote.getAddress();
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(address.getHostAddress(), address.getAddress()), remote.getPort());
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address has the length of an address: " + address, impossible);
        }
    }
}
