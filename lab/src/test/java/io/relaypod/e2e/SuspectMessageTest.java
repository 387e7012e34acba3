package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.RelayProcess;
import org.apache.mailet.Mail;
import org.apache.mailet.base.GenericMailet;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A message that ends the process when a mailet handles it, in real processes. */
class SuspectMessageTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int MOST_STARTS = 8;
    private static final int INNOCENT = 6;

    /** Ends the process at once, as a full heap does. */
    public static final class EndsProcess extends GenericMailet {

        @Override
        public void service(Mail mail) {
            if (mail.getMaybeSender().asString("").startsWith("killer@")) {
                Runtime.getRuntime().halt(3);
            }
        }
    }

    @TempDir
    private Path directory;

    @AutoClose
    private final MailpitStandIn mailpit = MailpitStandIn.start(Relaying.none());

    SuspectMessageTest() throws IOException {}

    @BeforeEach
    void start() throws Exception {
        Files.writeString(directory.resolve("known"), "example.com\n");
        Path conf = Files.createDirectories(directory.resolve("conf"));
        for (String file : List.of("smtpserver.xml", "mailetcontainer.xml")) {
            Files.copy(Path.of("../james-conf").resolve(file), conf.resolve(file));
        }
        Path mailets = conf.resolve("mailetcontainer.xml");
        Files.writeString(
                mailets,
                Files.readString(mailets)
                        .replace(
                                "<processor state=\"transport\" enableJmx=\"false\">",
                                "<processor state=\"transport\" enableJmx=\"false\"><mailet match=\"All\" class=\""
                                        + EndsProcess.class.getName() + "\"/>"));
    }

    @Test
    @Timeout(300)
    void theMessageIsQuarantinedWithTheReasonAndTheOthersAreDelivered() throws Exception {
        try (RelayProcess relay = RelayProcess.start(environment())) {
            try (SmtpConversation smtp = SmtpConversation.connect(relay.smtpAddress())) {
                smtp.send("EHLO client.example");
                for (int mail = 0; mail < INNOCENT; mail++) {
                    if (mail == 2) {
                        send(smtp, "killer@example.com");
                    }
                    send(smtp, "innocent" + mail + "@example.com");
                }
            } catch (IOException died) {
                // the process may end during the session
            }
            assertThat(relay.endsWithin(PATIENCE)).isTrue();
        }
        try (RelayProcess relay = startUntilItStays()) {
            assertThat(quarantined()).singleElement().asString().contains("the process died");
            try (SmtpConversation smtp = SmtpConversation.connect(relay.smtpAddress())) {
                smtp.send("EHLO client.example");
                send(smtp, "last@example.com");
            }
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(mailpit.messages().stream().map(mail -> mail.sender()))
                            .contains("innocent0@example.com", "innocent1@example.com", "last@example.com")
                            .doesNotContain("killer@example.com"));
        }
    }

    /** Restarts the process as Kubernetes does, until the message is quarantined. */
    private RelayProcess startUntilItStays() throws Exception {
        for (int start = 0; start < MOST_STARTS; start++) {
            try {
                RelayProcess relay = RelayProcess.start(environment());
                while (!relay.endsWithin(POLL)) {
                    if (!quarantined().isEmpty()) {
                        return relay;
                    }
                }
            } catch (IOException endedBefore) {
                // the message was handled before the relay was ready
            }
        }
        throw new IllegalStateException("the process still ends after " + MOST_STARTS + " starts");
    }

    private Map<String, String> environment() {
        return Map.of(
                "DATA_DIR",
                directory.resolve("data").toString(),
                "JAMES_CONF",
                directory.resolve("conf").toString(),
                "UPSTREAM_HOST",
                "127.0.0.1",
                "UPSTREAM_PORT",
                Integer.toString(mailpit.smtpAddress().getPort()),
                "ALLOW_DOMAINS_FILE",
                directory.resolve("known").toString());
    }

    private List<String> quarantined() throws IOException {
        Path error = directory.resolve("data/var/mail/error");
        if (!Files.exists(error)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(error)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .map(SuspectMessageTest::text)
                    .toList();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    private static void send(SmtpConversation smtp, String sender) throws IOException {
        assertThat(smtp.send("MAIL FROM:<" + sender + ">").code()).isEqualTo(250);
        assertThat(smtp.send("RCPT TO:<a@example.com>").code()).isEqualTo(250);
        smtp.send("DATA");
        smtp.send("From: <" + sender + ">\r\nSubject: test\r\n\r\nHello\r\n.");
    }
}
