package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.relaypod.lab.gateway.ReceivedMail;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An accepted message reaches Mailpit as it was sent. */
class MessageFlowTest {

    private static LabWorld world;

    @BeforeAll
    static void start() throws Exception {
        world = LabWorld.builder().start();
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @BeforeEach
    void empty() {
        world.mailpit().clear();
    }

    @Test
    void aMessageArrivesByteForByteBehindOneReceivedField() throws Exception {
        String mail =
                "From: a@example.com\r\nTo: b@example.com\r\nSubject:  odd   spacing \r\n and a fold\r\nX-Empty:\r\nContent-Length: 3\r\n\r\n"
                        + "..two dots\r\n.\r\n.one dot\r\ntrailing blanks   \r\n\r\n\r\nend\r\n";

        send("a@example.com", List.of("b@example.com"), mail.getBytes(StandardCharsets.US_ASCII));

        assertThat(asSent(onlyMail())).isEqualTo(mail);
    }

    @Test
    void anEightBitBodyIsUnchanged() throws Exception {
        byte[] mail =
                "From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße\r\n"
                        .getBytes(StandardCharsets.UTF_8);

        send("a@example.com", List.of("b@example.com"), mail);

        assertThat(asSent(onlyMail()).getBytes(StandardCharsets.ISO_8859_1)).isEqualTo(mail);
    }

    @Test
    void eightBitBytesInAHeaderAreUnchanged() throws Exception {
        byte[] mail = "From: a@example.com\r\nTo: b@example.com\r\nSubject: Gr\u00fc\u00dfe\r\n\r\nx\r\n"
                .getBytes(StandardCharsets.UTF_8);

        send("a@example.com", List.of("b@example.com"), mail);

        assertThat(asSent(onlyMail()).getBytes(StandardCharsets.ISO_8859_1)).isEqualTo(mail);
    }

    @Test
    void onlyBccIsRemoved() throws Exception {
        send(
                "a@example.com",
                List.of("b@example.com", "c@example.com"),
                "From: a@example.com\r\nBcc: c@example.com\r\nTo: b@example.com\r\nSubject: x\r\n\r\nGr\u00fc\u00dfe\r\n"
                        .getBytes(StandardCharsets.UTF_8));

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(world.mailpit().messages()).hasSize(2));
        ReceivedMail visible = world.mailpit().messages().stream()
                .filter(mail -> mail.recipients().contains("b@example.com"))
                .findFirst()
                .orElseThrow();
        assertThat(visible.recipients())
                .as("the blind recipient has a copy of its own")
                .containsExactly("b@example.com");
        assertThat(asSent(visible).getBytes(StandardCharsets.ISO_8859_1))
                .isEqualTo("From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n\r\nGr\u00fc\u00dfe\r\n"
                        .getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void moreThanAHundredRecipientsAllGetTheMessage() throws Exception {
        List<String> recipients =
                IntStream.range(0, 250).mapToObj(i -> "r" + i + "@example.com").toList();

        send(
                "a@example.com",
                recipients,
                ("From: a@example.com\r\nTo: " + String.join(",\r\n ", recipients) + "\r\nSubject: many\r\n\r\nx\r\n")
                        .getBytes(StandardCharsets.US_ASCII));

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(world.mailpit().messages()).hasSize(3));
        assertThat(world.mailpit().messages().stream().flatMap(mail -> mail.recipients().stream()))
                .containsExactlyInAnyOrderElementsOf(recipients);
        assertThat(ids("with ESMTP id (\\S+?);?\r\n"))
                .as("queue ids of the copies")
                .hasSize(3)
                .allMatch(id -> id.startsWith("Mail"));
        assertThat(ids("\r\nMessage-ID: (\\S+)\r\n")).as("one message").hasSize(1);
    }

    @Test
    void aMessageBehindTheGatewayHasTheQueueIdOfTheReply() throws Exception {
        Reply reply = send(
                "a@example.com",
                List.of("b@example.com"),
                "From: a@example.com\r\nTo: b@example.com\r\nMessage-ID: <own@example.com>\r\n\r\nx\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
        String queueId = reply.toString().replaceAll("(?s).*received as (Mail[\\w-]+).*", "$1");

        assertThat(onlyMail().text())
                .contains("with ESMTP id " + queueId + "\r\n")
                .containsOnlyOnce("Message-ID: <own@example.com>");
    }

    @Test
    void aMessageWithAnEmptySenderIsRelayed() throws Exception {
        send(
                "",
                List.of("b@example.com"),
                "From: a@example.com\r\nTo: b@example.com\r\n\r\nx\r\n".getBytes(StandardCharsets.US_ASCII));

        assertThat(onlyMail().sender()).isEmpty();
    }

    private static Reply send(String from, List<String> to, byte[] mail) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<" + from + ">");
            for (String recipient : to) {
                assertThat(smtp.send("RCPT TO:<" + recipient + ">").code()).isEqualTo(250);
            }
            Reply reply = smtp.data(mail);
            assertThat(reply.code()).as(reply.toString()).isEqualTo(250);
            return reply;
        }
    }

    private static Set<String> ids(String pattern) {
        return world.mailpit().messages().stream()
                .flatMap(mail -> Pattern.compile(pattern).matcher(mail.text()).results())
                .map(found -> found.group(1))
                .collect(Collectors.toSet());
    }

    private static ReceivedMail onlyMail() {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !world.mailpit().messages().isEmpty());
        assertThat(world.mailpit().messages()).hasSize(1);
        return world.mailpit().messages().get(0);
    }

    /** The message as sent, without the fields that the relay and Mailpit add at the top. */
    private static String asSent(ReceivedMail mail) {
        String text = mail.text();
        int received = text.lastIndexOf("Received: ");
        int end = text.indexOf("\r\n", received);
        while (text.startsWith(" ", end + 2)) {
            end = text.indexOf("\r\n", end + 2);
        }
        String sent = text.substring(end + 2);
        return sent.startsWith("Message-ID: <Mail") ? sent.substring(sent.indexOf("\r\n") + 2) : sent;
    }
}
