package io.relaypod.server.smtp;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
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
    private InetSocketAddress found;
    private InetSocketAddress unnamed;

    private final EnvelopeMemory envelope;
    private final List<Runnable> atReset = new ArrayList<>(1);
    private Optional<ReceivedMessage> message = Optional.empty();

    RelaySession(SMTPConfiguration configuration, ProtocolTransport transport, FairShare envelopes) {
        super(configuration, transport);
        this.envelope = new EnvelopeMemory(envelopes);
    }

    /** What the transaction's recipients take. */
    EnvelopeMemory envelope() {
        return envelope;
    }

    /** From now on the client sends this mail. */
    void receive(ReceivedMessage begun) {
        message = Optional.of(begun);
    }

    /** The mail that the client is sending. */
    Optional<ReceivedMessage> message() {
        return message;
    }

    /** The mail, with what its recipients take, for whoever has to dispose of it from now on. */
    ReceivedMessage handOver() {
        ReceivedMessage handedOver = message.orElseThrow();
        message = Optional.empty();
        handedOver.keep(envelope.handOver());
        return handedOver;
    }

    /** Runs when the transaction ends, however it does. */
    void atReset(Runnable release) {
        atReset.add(release);
    }

    @Override
    public void resetState() {
        super.resetState();
        atReset.forEach(Runnable::run);
        atReset.clear();
        message.ifPresent(ReceivedMessage::dispose);
        message = Optional.empty();
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
