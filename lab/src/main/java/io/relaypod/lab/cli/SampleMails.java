package io.relaypod.lab.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.relaypod.lab.scenario.BookingEvent;
import io.relaypod.lab.smtp.SmtpConversation;

/**
 * Sends the messages of an application for the demo: a booking to a guest and a fake domain, and a notification with a
 * calendar.
 */
final class SampleMails {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String APPLICATION = "calendar@outlook.com";
    private static final String GUEST = "guest@gmail.com";
    private static final String ORGANISER = "organiser@outlook.com";

    private record SampleMail(String subject, List<String> recipients, String body) {}

    private final InetSocketAddress relay;
    private final PrintWriter out;

    SampleMails(InetSocketAddress relay, PrintWriter out) {
        this.relay = relay;
        this.out = out;
    }

    /** Returns whether each message was accepted for at least one recipient. */
    boolean send() throws IOException, InterruptedException {
        awaitRelay();
        boolean booking =
                send(new SampleMail("Your booking", List.of(GUEST, "spammer@nonexistent-domain.xyz"), "Hello.\n"));
        boolean notification = send(new SampleMail(
                "New booking",
                List.of(ORGANISER),
                """
            Content-Type: text/plain

            Somebody has booked an hour with you.
            --b
            Content-Type: text/calendar; method=REQUEST

            """ + new BookingEvent("1@demo", ORGANISER, "Guest", GUEST).lines()));
        return booking && notification;
    }

    private boolean send(SampleMail sample) throws IOException {
        try (SmtpConversation smtp = SmtpConversation.connect(relay)) {
            smtp.send("EHLO lab");
            smtp.send("MAIL FROM:<" + APPLICATION + ">");
            boolean accepted = false;
            for (String recipient : sample.recipients()) {
                accepted |= smtp.send("RCPT TO:<" + recipient + ">").code() == 250;
            }
            if (accepted) {
                smtp.data(mime(sample));
            }
            smtp.send("QUIT");
            smtp.transcript().forEach(line -> out.println("  " + line));
            out.flush();
            return accepted;
        }
    }

    private static byte[] mime(SampleMail sample) {
        boolean hasParts = sample.body().startsWith("Content-Type:");
        String text = "From: Calendar <" + APPLICATION + ">\nTo: " + String.join(", ", sample.recipients())
                + "\nSubject: " + sample.subject() + "\n"
                + (hasParts
                        ? "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n" + sample.body()
                                + "--b--\n"
                        : "\n" + sample.body());
        return text.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    private void awaitRelay() throws IOException, InterruptedException {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (!greets()) {
            if (Instant.now().isAfter(deadline)) {
                throw new IOException("no relay answers at " + relay);
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private boolean greets() {
        try (SmtpConversation smtp = SmtpConversation.connect(relay)) {
            return smtp.banner().code() == 220;
        } catch (IOException notYet) {
            return false;
        }
    }
}
