package io.relaypod.smtpclient;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends commands and reads replies. For one thread. */
final class CommandChannel implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(CommandChannel.class);

    private static final int BUFFER = 16 << 10;

    private final SmtpClientSettings settings;
    private final DeadlineSocket connection;
    private Socket socket;
    private ReplyReader replies;
    private OutputStream out;
    private boolean isBroken;
    private boolean needsReset;

    /** @param connection a connected socket */
    CommandChannel(SmtpClientSettings settings, DeadlineSocket connection) throws IOException {
        this.settings = settings;
        this.connection = connection;
        this.socket = connection;
        this.replies = new ReplyReader(connection.getInputStream());
        this.out = new BufferedOutputStream(connection.getOutputStream(), BUFFER);
    }

    /** Begins TLS. Replies that came before are dropped (RFC 3207 section 6). */
    void startTls(SmtpServerAddress server) throws IOException {
        SSLSocket tls = (SSLSocket) settings.tls().get().createSocket(connection, server.host(), server.port(), true);
        if (settings.verifiesIdentity()) {
            SSLParameters parameters = tls.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            tls.setSSLParameters(parameters);
        }
        connection.expectReply(settings.replyTimeout());
        tls.startHandshake();
        socket = tls;
        replies = new ReplyReader(tls.getInputStream());
        out = new BufferedOutputStream(tls.getOutputStream(), BUFFER);
    }

    /** Sends a command and returns its reply. */
    SmtpReply ask(String command) throws IOException {
        write(command);
        return reply();
    }

    /** Buffers a command. */
    void write(String command) throws IOException {
        out.write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Takes the message that follows DATA. */
    OutputStream content() {
        return out;
    }

    /** Sends what is buffered and returns the next reply. */
    SmtpReply reply() throws IOException {
        return reply(settings.replyTimeout());
    }

    SmtpReply reply(Duration timeout) throws IOException {
        out.flush();
        connection.expectReply(timeout);
        SmtpReply reply = replies.read();
        isBroken |= reply.isClosing();
        return reply;
    }

    SmtpReply replyToEndOfData() throws IOException {
        return reply(settings.endOfDataTimeout());
    }

    /** Whether the server sent bytes that no command asked for. */
    boolean hasUnread() throws IOException {
        return replies.hasUnread();
    }

    /** Whether no command may follow. */
    boolean isBroken() {
        return isBroken;
    }

    void markBroken() {
        isBroken = true;
    }

    /** Whether the last transaction was not completed, so that RSET has to precede MAIL. */
    boolean needsReset() {
        return needsReset;
    }

    void setNeedsReset(boolean needed) {
        needsReset = needed;
    }

    /** Sends QUIT if the connection is in order. The reply is not waited for, because it changes nothing. */
    @Override
    public void close() {
        try (Socket below = connection;
                Socket closing = socket) {
            if (!isBroken) {
                write("QUIT");
                out.flush();
            }
        } catch (IOException gone) {
            LOGGER.debug("QUIT was not sent", gone);
        }
    }
}
