package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The recipes of docs/mailets.md, read from the page, and James' mailets that write messages. One relay for all tests.
 */
class RecipesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern RECIPE = Pattern.compile("(?s)```xml\n(.*?)```");
    private static final String REPORTS = """
        <mailet match="SenderIs=bounce@example.com" class="Bounce"><passThrough>false</passThrough></mailet>
        <mailet match="RecipientIs=forward@booker.example" class="Forward"><forwardTo>guest@booker.example</forwardTo></mailet>
        <mailet match="SenderIs=dsn@example.com" class="DSNBounce"><passThrough>false</passThrough></mailet>
        """;
    private static final String SPLIT = "<mailet match=\"All\" class=\"io.relaypod.mailets.SplitRecipients\">";

    @TempDir
    private static Path conf;

    private static MailpitStandIn mailpit;
    private static LabWorld world;

    @BeforeAll
    static void start() throws Exception {
        List<String> recipes = RECIPE.matcher(Files.readString(Path.of("../docs/mailets.md")))
                .results()
                .map(recipe -> recipe.group(1))
                .toList();
        assertThat(recipes).hasSize(3);
        Files.copy(Path.of("../james-conf/smtpserver.xml"), conf.resolve("smtpserver.xml"));
        Files.writeString(
                conf.resolve("mailetcontainer.xml"),
                Files.readString(Path.of("../james-conf/mailetcontainer.xml"))
                        .replace(SPLIT, REPORTS + String.join("", recipes) + SPLIT));
        mailpit = MailpitStandIn.start(Relaying.none());
        world = LabWorld.builder()
                .with("JAMES_CONF", conf.toString())
                .with("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()))
                .start();
    }

    @AfterAll
    static void stop() {
        world.close();
        mailpit.close();
    }

    @AfterEach
    void noMailetFailed() throws Exception {
        assertThat(world.relay().repository("file://var/mail/error/").size()).isZero();
        mailpit.clear();
    }

    @Test
    void aMessageToOutsideHasTheFooter() throws Exception {
        send("app@example.com", "guest@booker.example", "", "hello");
        send("app@example.com", "colleague@example.com", "", "hello");

        assertThat(received("guest@booker.example")).contains("hello", "Sent by Example Inc.");
        assertThat(received("colleague@example.com")).contains("hello").doesNotContain("Sent by");
    }

    @Test
    void messagesOfOneApplicationAreArchivedInACopy() throws Exception {
        send("orders@example.com", "guest@booker.example", "", "order 1");

        assertThat(received("archive@example.com")).contains("order 1");
        assertThat(received("guest@booker.example")).contains("order 1").doesNotContain("archive@example.com");
    }

    @Test
    void aMessageWithAProgramIsStoredAndNotSent() throws Exception {
        send(
                "app@example.com",
                "guest@booker.example",
                "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
                        + "Content-Disposition: attachment; filename=\"a.exe\"\r\n",
                "MZ");

        await().atMost(PATIENCE)
                .until(() ->
                        world.relay().repository("file://var/mail/executables/").size() == 1);
        assertThat(mailpit.messages()).isEmpty();
    }

    @Test
    void reportsOfJamesReachTheSender() throws Exception {
        send("bounce@example.com", "guest@booker.example", "", "hello");
        send("dsn@example.com", "guest@booker.example", "", "hello");

        send("app@example.com", "forward@booker.example", "", "hello");
        assertThat(received("guest@booker.example")).contains("From: app@example.com");
        assertThat(received("bounce@example.com")).contains("guest@booker.example");
        assertThat(received("dsn@example.com")).contains("multipart/report", "guest@booker.example");
    }

    private static void send(String sender, String recipient, String fields, String body) throws IOException {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<" + sender + ">");
            assertThat(smtp.send("RCPT TO:<" + recipient + ">").code()).isEqualTo(250);
            assertThat(smtp.data(("From: " + sender + "\r\nTo: " + recipient + "\r\nSubject: x\r\n" + fields + "\r\n"
                                            + body + "\r\n")
                                    .getBytes(StandardCharsets.US_ASCII))
                            .code())
                    .isEqualTo(250);
        }
    }

    private static String received(String recipient) {
        return await().atMost(PATIENCE)
                .until(
                        () -> mailpit.messages().stream()
                                .filter(mail -> mail.recipients().contains(recipient))
                                .toList(),
                        mails -> mails.size() == 1)
                .get(0)
                .text();
    }
}
