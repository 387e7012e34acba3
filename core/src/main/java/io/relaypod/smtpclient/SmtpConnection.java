package io.relaypod.smtpclient;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A connection to an SMTP server (RFC 5321), for one transaction after another. MAIL and RCPT are pipelined where the
 * server offers it (RFC 2920). The message is sent with all its bytes, whether or not the server offers 8BITMIME. For
 * one thread at a time.
 */
public final class SmtpConnection implements AutoCloseable {

    private static final long NOT_WAITING = 0;

    private final CommandChannel channel;
    private final SmtpReply greeting;
    private Map<String, String> extensions = Map.of();
    private int transactions;
    private volatile long waitingSince = NOT_WAITING;

    SmtpConnection(SmtpClientSettings settings, SmtpServerAddress server, DeadlineSocket socket) throws IOException {
        socket.configure();
        if (settings.localAddress().isPresent()) {
            socket.bind(new InetSocketAddress(settings.localAddress().get(), 0));
        }
        socket.connect(new InetSocketAddress(server.address(), server.port()), (int)
                settings.connectTimeout().toMillis());
        channel = new CommandChannel(settings, socket);
        if (server.usesImplicitTls()) {
            channel.startTls(server);
        }
        greeting = require(channel.reply(), "the greeting");
        hello(settings.heloName());
        if (settings.usesStartTls() && !server.usesImplicitTls() && extensions.containsKey("STARTTLS")) {
            require(channel.ask("STARTTLS"), "STARTTLS");
            channel.startTls(server);
            hello(settings.heloName());
        }
        if (settings.credentials().isPresent()) {
            logIn(settings.credentials().get());
        }
    }

    private void hello(String name) throws IOException {
        SmtpReply reply = channel.ask("EHLO " + name);
        if (reply.isPermanentFailure()) {
            require(channel.ask("HELO " + name), "HELO");
            extensions = Map.of();
            return;
        }
        require(reply, "EHLO");
        Map<String, String> offered = new HashMap<>();
        reply.text().lines().skip(1).filter(line -> line.length() > 4).forEach(line -> {
            String[] words = line.substring(4).split("[ =]", 2);
            offered.put(words[0].toUpperCase(Locale.ROOT), words.length > 1 ? words[1] : "");
        });
        extensions = Map.copyOf(offered);
    }

    private void logIn(SmtpCredentials credentials) throws IOException {
        List<String> mechanisms = List.of(
                extensions.getOrDefault("AUTH", "").toUpperCase(Locale.ROOT).split(" "));
        if (mechanisms.contains("PLAIN")) {
            String response = base64("\0" + credentials.user() + "\0" + credentials.password());
            require(channel.ask("AUTH PLAIN " + response), "AUTH");
        } else if (mechanisms.contains("LOGIN")) {
            channel.ask("AUTH LOGIN");
            channel.ask(base64(credentials.user()));
            require(channel.ask(base64(credentials.password())), "AUTH");
        } else {
            throw new IOException("the server offers neither AUTH PLAIN nor AUTH LOGIN");
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static SmtpReply require(SmtpReply reply, String command) throws IOException {
        if (!reply.isPositive()) {
            throw new IOException("the reply to " + command + " is '" + reply.text() + "'");
        }
        return reply;
    }

    /** The server's greeting, with its code. */
    public String greeting() {
        return greeting.text();
    }

    /** Number of transactions that were begun. */
    public int transactions() {
        return transactions;
    }

    /** Whether another transaction may follow. */
    public boolean isUsable() {
        return !channel.isBroken();
    }

    /**
     * Sends the message to all recipients of the envelope. If the server refuses one of them, nobody gets the message;
     * the outcome of those that it accepted is {@link DeliveryStatus#NOT_ATTEMPTED}.
     */
    public TransactionResult send(SmtpEnvelope envelope, MessageContent content) {
        transactions++;
        try {
            return new MailTransaction(channel, extensions, envelope, content)
                    .run(() -> waitingSince = System.nanoTime());
        } finally {
            waitingSince = NOT_WAITING;
        }
    }

    /** Whether it has waited for longer than this for the reply to a whole message. Any thread may ask. */
    boolean isWaitingForReply(Duration longerThan) {
        long since = waitingSince;
        return since != NOT_WAITING && System.nanoTime() - since > longerThan.toNanos();
    }

    /** Sends QUIT if the connection is in order, and closes it. */
    @Override
    public void close() {
        channel.close();
    }
}
