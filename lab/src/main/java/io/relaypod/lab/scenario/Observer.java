package io.relaypod.lab.scenario;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;

import io.relaypod.lab.gateway.ReceivedMail;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;

/** Sends messages, and reports which ones reach Mailpit and Graph. For one thread. */
final class Observer {

    static final String APPLICATION = "calendar@organiser.example";

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Duration PAGE_AGE = Duration.ofSeconds(5);
    private static final Duration POLL_INTERVAL = Duration.ofMillis(20);
    private static final String CANARY = "canary@example.com";

    private final LabWorld world;
    private final long countedBefore;

    Observer(LabWorld world) {
        this.world = world;
        this.countedBefore = counted();
        world.mailpit().clear();
        world.graph().clear();
    }

    static byte[] mail(String to, String subject) {
        return ("From: " + APPLICATION + "\r\nTo: " + to + "\r\nSubject: " + subject + "\r\n\r\nHello.\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** Opens a connection and sends MAIL. */
    SmtpConversation begin() throws IOException {
        SmtpConversation smtp = world.connect();
        smtp.send("MAIL FROM:<" + APPLICATION + ">");
        return smtp;
    }

    static boolean isRefusedPermanently(Reply reply) {
        return reply.code() == 550 && reply.lines().get(0).contains("5.1.2");
    }

    /**
     * Number of refusals counted since the start of this observer. Waits for the first, as the metrics may be a second
     * old.
     */
    long refusals() throws InterruptedException {
        Instant deadline = Instant.now().plus(PAGE_AGE);
        while (counted() == countedBefore && Instant.now().isBefore(deadline)) {
            Thread.sleep(POLL_INTERVAL.toMillis());
        }
        return counted() - countedBefore;
    }

    private long counted() {
        return world.count("relaypod_rcpt_total", "verdict", "no_mail_host");
    }

    /**
     * The messages in Mailpit. Sends a further message and waits until it has arrived, so that all earlier ones have
     * arrived too.
     */
    List<ReceivedMail> arrived() throws Exception {
        String subject = "canary " + UUID.randomUUID();
        try (SmtpConversation smtp = begin()) {
            smtp.send("RCPT TO:<" + CANARY + ">");
            smtp.data(mail(CANARY, subject));
            smtp.send("QUIT");
        }
        await(() ->
                world.mailpit().messages().stream().anyMatch(mail -> mail.text().contains(subject))
                        && world.queuedMails() == 0);
        return world.mailpit().messages().stream()
                .filter(mail -> !mail.text().contains(subject))
                .toList();
    }

    /** The recipients of the messages with the subject at Graph, once smtp2graph has sent all its messages. */
    List<String> deliveredByGraph(String subject) throws InterruptedException {
        await(() -> world.smtp2graph().pending() == 0);
        return world.graph().mails().stream()
                .filter(mail -> mail.subject().equals(subject))
                .flatMap(mail -> mail.deliveredTo().stream())
                .toList();
    }

    /** Waits until the condition holds, and returns the time that passed. */
    static Duration await(BooleanSupplier happened) throws InterruptedException {
        Instant begin = Instant.now();
        Instant deadline = begin.plus(PATIENCE);
        while (!happened.getAsBoolean()) {
            if (Instant.now().isAfter(deadline)) {
                throw new IllegalStateException("nothing arrived for " + PATIENCE.toSeconds() + " s");
            }
            Thread.sleep(POLL_INTERVAL.toMillis());
        }
        return Duration.between(begin, Instant.now());
    }
}
