package io.relaypod.gateway;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import javax.net.SocketFactory;

/**
 * Makes the socket of one connection, and has it wait longer for one reply, which Jakarta Mail has no setting for. For
 * one thread.
 */
final class OneSocket extends SocketFactory {

    // In bytes: what the kernel holds of a mail that the gateway does not read.
    private static final int SEND_BUFFER = 128 << 10;

    private final GatewaySocket socket;
    private int before;

    OneSocket(GatewaySocket socket) {
        this.socket = socket;
    }

    @Override
    public Socket createSocket() throws IOException {
        socket.keepAlive();
        socket.setSendBufferSize(SEND_BUFFER);
        return socket;
    }

    void waitLonger(Duration timeout) throws SocketException {
        before = socket.getSoTimeout();
        socket.setSoTimeout((int) Math.min(Integer.MAX_VALUE, timeout.toMillis()));
    }

    /** Does nothing to a socket that was closed meanwhile. */
    void waitAsBefore() throws SocketException {
        if (!socket.isClosed()) {
            socket.setSoTimeout(before);
        }
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        throw new IOException("Jakarta Mail connects by itself");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
        throw new IOException("Jakarta Mail connects by itself");
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        throw new IOException("Jakarta Mail connects by itself");
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress from, int fromPort) throws IOException {
        throw new IOException("Jakarta Mail connects by itself");
    }
}
