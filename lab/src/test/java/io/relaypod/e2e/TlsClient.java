package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** An SMTP client that uses plain text, then TLS. A reply has all its lines, with LF in between. */
final class TlsClient implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final SSLContext trust;
    private Socket socket;

    private TlsClient(Socket socket, SSLContext trust) throws IOException {
        this.socket = socket;
        this.trust = trust;
        socket.setSoTimeout((int) PATIENCE.toMillis());
    }

    /** Connects from the given address, reads the banner and sends EHLO. */
    static TlsClient connect(InetSocketAddress server, String from, SSLContext trust) throws IOException {
        TlsClient client =
                new TlsClient(new Socket(server.getAddress(), server.getPort(), InetAddress.getByName(from), 0), trust);
        assertThat(client.reply()).startsWith("220 ");
        client.command("EHLO client.example");
        return client;
    }

    static TlsClient connect(InetSocketAddress server, SSLContext trust) throws IOException {
        return connect(server, "127.0.0.1", trust);
    }

    /** Connects with TLS from the start. */
    static TlsClient connectTls(InetSocketAddress server, SSLContext trust) throws IOException {
        TlsClient client = new TlsClient(new Socket(server.getAddress(), server.getPort()), trust);
        client.handshake();
        assertThat(client.reply()).startsWith("220 ");
        return client;
    }

    /** Sends STARTTLS, and EHLO again after the handshake. */
    TlsClient startTls() throws IOException {
        assertThat(command("STARTTLS")).startsWith("220 ");
        handshake();
        command("EHLO client.example");
        return this;
    }

    private void handshake() throws IOException {
        SSLSocket tls = (SSLSocket) trust.getSocketFactory().createSocket(socket, "localhost", socket.getPort(), true);
        tls.startHandshake();
        socket = tls;
    }

    X509Certificate certificate() throws IOException {
        return (X509Certificate) ((SSLSocket) socket).getSession().getPeerCertificates()[0];
    }

    String command(String line) throws IOException {
        write(line + "\r\n");
        return reply();
    }

    void write(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends all lines at once and returns all output of the server until it closes the connection. */
    String session(String... lines) throws IOException {
        write(String.join("\r\n", lines) + "\r\n");
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }

    /** Logs in with PLAIN. */
    String logIn(String name, String password) throws IOException {
        return command("AUTH PLAIN " + base64("\0" + name + "\0" + password));
    }

    /** Sends a message and returns the last reply. */
    String send(String sender, String recipient, String header) throws IOException {
        String mail = command("MAIL FROM:<" + sender + ">");
        if (!mail.startsWith("250")) {
            return mail;
        }
        String rcpt = command("RCPT TO:<" + recipient + ">");
        if (!rcpt.startsWith("250")) {
            return rcpt;
        }
        String data = command("DATA");
        return data.startsWith("354") ? command(header + "\r\n\r\ntext\r\n.") : data;
    }

    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    String reply() throws IOException {
        StringBuilder reply = new StringBuilder();
        StringBuilder line = new StringBuilder();
        do {
            line.setLength(0);
            for (int each = socket.getInputStream().read();
                    each != '\n';
                    each = socket.getInputStream().read()) {
                if (each < 0) {
                    throw new EOFException("the server closed the connection");
                }
                line.append((char) each);
            }
            reply.append(reply.isEmpty() ? "" : "\n").append(line.toString().replace("\r", ""));
        } while (line.length() > 3 && line.charAt(3) == '-');
        return reply.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
