package io.relaypod.containers;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.relaypod.lab.smtp.SmtpConversation;

/**
 * Clients that send messages, each with a unique subject, until they are closed. They record the subjects that were
 * answered with 250. If the relay is unavailable or replies 4xx, they send another message.
 */
final class ConfirmedMails implements AutoCloseable {

    static final String SENDER = "calendar@organiser.example";

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration BETWEEN_MAILS = Duration.ofMillis(20);

    private final InetSocketAddress relay;
    private final Set<String> subjects = ConcurrentHashMap.newKeySet();
    private final AtomicInteger next = new AtomicInteger();
    private final List<Thread> clients;
    private volatile boolean closed;

    private ConfirmedMails(InetSocketAddress relay, int clients) {
        this.relay = relay;
        this.clients = IntStream.range(0, clients)
                .mapToObj(number -> new Thread(this::run, "client-" + number))
                .toList();
    }

    static ConfirmedMails sentTo(InetSocketAddress relay, int clients) {
        ConfirmedMails mails = new ConfirmedMails(relay, clients);
        mails.clients.forEach(Thread::start);
        return mails;
    }

    /** The subjects of the messages that were answered with 250 so far. */
    Set<String> subjects() {
        return Set.copyOf(subjects);
    }

    @Override
    public void close() {
        closed = true;
        for (Thread client : clients) {
            try {
                client.join(PATIENCE.multipliedBy(2).toMillis());
            } catch (InterruptedException stopNow) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run() {
        while (!closed) {
            String subject = "confirmed " + next.incrementAndGet();
            try (SmtpConversation smtp = SmtpConversation.connect(relay, PATIENCE)) {
                smtp.send("EHLO client.example");
                smtp.send("MAIL FROM:<" + SENDER + ">");
                if (smtp.send("RCPT TO:<guest@example.com>").code() == 250
                        && smtp.data(mime(subject)).code() == 250) {
                    subjects.add(subject);
                }
            } catch (IOException away) {
                // the relay is being restarted
            }
            pause();
        }
    }

    private void pause() {
        try {
            Thread.sleep(BETWEEN_MAILS.toMillis());
        } catch (InterruptedException stopNow) {
            closed = true;
        }
    }

    private static byte[] mime(String subject) {
        return ("From: " + SENDER + "\r\nTo: guest@example.com\r\nSubject: " + subject + "\r\n\r\nHello.\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
