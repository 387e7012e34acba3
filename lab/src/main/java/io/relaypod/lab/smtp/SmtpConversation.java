package io.relaypod.lab.smtp;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * An SMTP client that sends any line, valid or not, and records the transcript.
 *
 * <pre>{@code
 * try (SmtpConversation smtp = SmtpConversation.connect(server)) {
 *     smtp.send("EHLO client.test");
 *     smtp.send("MAIL FROM:<a@example.com>");
 *     Reply verdict = smtp.send("RCPT TO:<b@example.org>");
 * }
 * }</pre>
 *
 * <p>Not thread-safe. RFC 5321; text is UTF-8 (RFC 6531).
 */
public final class SmtpConversation implements AutoCloseable {

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);
    private static final int DATA_GO_AHEAD = 354;
    private static final byte[] CRLF = {'\r', '\n'};

    private final Socket socket;
    private final LineReader in;
    private final OutputStream out;
    private final List<String> transcript = new ArrayList<>();
    private final Reply banner;

    private SmtpConversation(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new LineReader(socket.getInputStream());
        this.out = new BufferedOutputStream(socket.getOutputStream());
        this.banner = readReply();
    }

    /** Connects and waits for the greeting. The timeout of each reply is 30 s. */
    public static SmtpConversation connect(InetSocketAddress server) throws IOException {
        return connect(server, DEFAULT_TIMEOUT);
    }

    /** Connects and waits for the greeting. The timeout holds for the connection and for each reply. */
    public static SmtpConversation connect(InetSocketAddress server, Duration timeout) throws IOException {
        return connect(server, new InetSocketAddress(0), timeout);
    }

    /** Connects from the given local address, such as 127.0.0.2, as another client would. */
    public static SmtpConversation connectFrom(InetAddress client, InetSocketAddress server) throws IOException {
        return connect(server, new InetSocketAddress(client, 0), DEFAULT_TIMEOUT);
    }

    private static SmtpConversation connect(InetSocketAddress server, InetSocketAddress client, Duration timeout)
            throws IOException {
        Socket socket = new Socket();
        try {
            socket.bind(client);
            socket.setSoTimeout((int) timeout.toMillis());
            socket.setTcpNoDelay(true);
            socket.connect(server, (int) timeout.toMillis());
            return new SmtpConversation(socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Returns the greeting. */
    public Reply banner() {
        return banner;
    }

    /** Sends a line and waits for its reply. */
    public Reply send(String line) throws IOException {
        write(line);
        out.flush();
        return readReply();
    }

    /** Sends all lines at once (RFC 2920) and waits for one reply to each. */
    public List<Reply> pipeline(String... lines) throws IOException {
        for (String line : lines) {
            write(line);
        }
        out.flush();
        List<Reply> replies = new ArrayList<>();
        for (int i = 0; i < lines.length; i++) {
            replies.add(readReply());
        }
        return List.copyOf(replies);
    }

    /** Sends DATA and, after a 354, the dot-stuffed message; returns the last reply. */
    public Reply data(byte[] mail) throws IOException {
        Reply goAhead = send("DATA");
        return goAhead.code() == DATA_GO_AHEAD ? content(mail) : goAhead;
    }

    /** Sends a dot-stuffed message and the end of data. The server must have answered DATA with 354. */
    public Reply content(byte[] mail) throws IOException {
        out.write(stuffed(mail));
        out.flush();
        transcript.add("> (" + mail.length + " bytes of mail)");
        transcript.add("> .");
        return readReply();
    }

    /** Sends bytes unchanged and does not wait for a reply. */
    public void sendRaw(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
        transcript.add("> (" + bytes.length + " raw bytes)");
    }

    /**
     * Waits for all lines of the next reply.
     *
     * @throws EOFException if the server has closed the connection
     */
    public Reply readReply() throws IOException {
        List<String> lines = new ArrayList<>();
        do {
            byte[] line = in.readLine();
            if (line.length == 0) {
                throw new EOFException("the server closed the connection");
            }
            lines.add(new String(line, StandardCharsets.UTF_8).stripTrailing());
            transcript.add("< " + lines.get(lines.size() - 1));
        } while (!Reply.isLast(lines.get(lines.size() - 1)));
        return Reply.of(lines);
    }

    /** Returns all lines so far: sent ones begin with {@code "> "}, received ones with {@code "< "}. */
    public List<String> transcript() {
        return List.copyOf(transcript);
    }

    /** Closes the connection without QUIT. */
    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void write(String line) throws IOException {
        out.write(line.getBytes(StandardCharsets.UTF_8));
        out.write(CRLF);
        transcript.add("> " + line);
    }

    /** Dot-stuffs a message (RFC 5321 section 4.5.2): only CRLF begins a new line. */
    private static byte[] stuffed(byte[] mail) {
        ByteArrayOutputStream stuffed = new ByteArrayOutputStream(mail.length + 64);
        for (int i = 0; i < mail.length; i++) {
            if (mail[i] == '.' && isLineStart(mail, i)) {
                stuffed.write('.');
            }
            stuffed.write(mail[i]);
        }
        if (!isLineStart(mail, mail.length)) {
            stuffed.writeBytes(CRLF);
        }
        stuffed.write('.');
        stuffed.writeBytes(CRLF);
        return stuffed.toByteArray();
    }

    private static boolean isLineStart(byte[] mail, int at) {
        return at == 0 || at >= 2 && mail[at - 1] == '\n' && mail[at - 2] == '\r';
    }
}
