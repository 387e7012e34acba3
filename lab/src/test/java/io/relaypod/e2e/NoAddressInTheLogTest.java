package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.relaypod.lab.gateway.Fault;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Handles messages with every result, and checks that no line of the log at INFO has a local part of an address. */
class NoAddressInTheLogTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @AutoClose
    private final MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none());

    NoAddressInTheLogTest() throws IOException {}

    @BeforeEach
    void listen() throws Exception {
        lines.setContext(root.getLoggerContext());
        lines.start();
        root.addAppender(lines);
    }

    @AfterEach
    void stop() {
        root.detachAppender(lines);
    }

    @Test
    void atInfoNoLineHasALocalPart() throws Exception {
        try (LabWorld world = world("false")) {
            everyFate(world);
        }

        assertThat(text())
                .contains(
                        "event=received",
                        "event=delivered",
                        "event=failed",
                        "event=rcpt-refused",
                        "event=mail-refused",
                        "event=calendar-stripped",
                        "***@example.com")
                .doesNotContainIgnoringCase("zaphod", "trillian", "marvin", "slartibartfast");
    }

    @Test
    void everyLineOfAMessageHasItsQueueId() throws Exception {
        String id;
        try (LabWorld world = world("false")) {
            id = everyFate(world);
        }

        assertThat(List.copyOf(lines.list))
                .filteredOn(line -> line.getFormattedMessage().contains(id))
                .extracting(ILoggingEvent::getFormattedMessage)
                .allSatisfy(line -> assertThat(line).contains(" queue-id=" + id))
                .anySatisfy(line -> assertThat(line).startsWith("event=received"))
                .anySatisfy(line -> assertThat(line).startsWith("event=delivered"));
    }

    @Test
    void addressesAreLoggedIfConfigured() throws Exception {
        try (LabWorld world = world("true")) {
            everyFate(world);
        }

        assertThat(text()).contains("from=<zaphod@example.com> rcpts=1 to=trillian@example.com", "to=marvin@gmial.com");
    }

    private LabWorld world(String logAddresses) throws Exception {
        return LabWorld.builder()
                .with("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()))
                .with("LOG_ADDRESSES", logAddresses)
                .with("STRIP_ICS_RECIPIENTS", "slartibartfast@example.com")
                .with("SENDER_MAILBOXES", "zaphod@example.com")
                .with("MAX_MESSAGE_SIZE", "100K")
                .start();
    }

    /** @return the queue id of the message, which was delivered */
    private String everyFate(LabWorld world) throws Exception {
        String delivered = send(world, "zaphod@example.com", "trillian@example.com", "Subject: x\r\n\r\nx\r\n");
        send(world, "zaphod@example.com", "marvin@gmial.com", "Subject: x\r\n\r\nx\r\n");
        send(
                world,
                "zaphod@example.com",
                "slartibartfast@example.com",
                "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n");
        send(world, "marvin@example.com", "trillian@example.com", "Subject: not a mailbox of ours\r\n\r\nx\r\n");
        send(world, "zaphod@example.com", "trillian@example.com", "Subject: too big\r\n\r\n" + "x\r\n".repeat(50_000));
        send(world, "zaphod@example.com", "trillian@example.com", "Subject: a bare LF\r\n\r\nx\ny\r\n");
        await().atMost(PATIENCE).until(() -> mailpit.messages().size() == 2);
        mailpit.failNext(
                1,
                Phase.CONTENT,
                new Fault.ReplyLine("554 5.6.0 <zaphod@example.com> may not write to trillian@example.com"));
        send(world, "zaphod@example.com", "trillian@example.com", "Subject: refused\r\n\r\nx\r\n");
        await().atMost(PATIENCE)
                .until(() -> world.relay().repository("file://var/mail/failed/").size() == 1);
        mailpit.refuseNext(1, "trillian@example.com", "450 4.2.1 <trillian@example.com> not now");
        send(world, "zaphod@example.com", "trillian@example.com", "Subject: deferred\r\n\r\nx\r\n");
        await().atMost(PATIENCE).until(() -> text().contains("event=deferred"));
        return delivered;
    }

    private static String send(LabWorld world, String from, String recipient, String rest) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<" + from + ">");
            if (smtp.send("RCPT TO:<" + recipient + ">").code() != 250) {
                return "";
            }
            String mail = "From: " + from + "\r\nTo: " + recipient + "\r\n" + rest;
            return smtp.data(mail.getBytes(StandardCharsets.US_ASCII))
                    .toString()
                    .replaceFirst("(?s).*received as (Mail[0-9a-f-]+).*", "$1");
        }
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (ILoggingEvent line : List.copyOf(lines.list)) {
            text.append(line.getFormattedMessage()).append('\n');
            if (line.getThrowableProxy() != null) {
                text.append(ThrowableProxyUtil.asString(line.getThrowableProxy()))
                        .append('\n');
            }
        }
        return text.toString();
    }
}
