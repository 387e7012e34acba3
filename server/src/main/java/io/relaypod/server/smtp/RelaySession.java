package io.relaypod.server.smtp;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

import org.apache.james.protocols.api.ProtocolTransport;
import org.apache.james.protocols.smtp.SMTPConfiguration;
import org.apache.james.smtpserver.ExtendedSMTPSession;

/**
 * A session that never asks DNS for its client's name: James would, on an I/O thread, for the Received line and the mail's
 * attributes, and every other client of that thread would wait.
 */
final class RelaySession extends ExtendedSMTPSession {

    // Set before our constructor: James' asks for the address.
    private InetSocketAddress found;
    private InetSocketAddress unnamed;

    RelaySession(SMTPConfiguration configuration, ProtocolTransport transport) {
        super(configuration, transport);
    }

    @Override
    public InetSocketAddress getRemoteAddress() {
        InetSocketAddress remote = super.getRemoteAddress();
        if (remote != found) { // asked at every recipient; a proxy may name another
            found = remote;
            unnamed = withoutName(remote);
        }
        return unnamed;
    }

    private static InetSocketAddress withoutName(InetSocketAddress remote) {
        InetAddress address = remote.getAddress();
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address.getHostAddress(), address.getAddress()), remote.getPort());
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address has the length of an address: " + address, impossible);
        }
    }
}
