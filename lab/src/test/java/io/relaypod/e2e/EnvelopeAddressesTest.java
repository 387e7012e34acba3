package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.relaypod.lab.gateway.ReceivedMail;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Addresses as printers, containers and scripts write them. Each is relayed byte for byte, or refused with a reason.
 */
class EnvelopeAddressesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static LabWorld world;

    @BeforeAll
    static void start() throws Exception {
        world = LabWorld.builder()
                .with("ALLOW_ADDRESS_LITERALS", "true")
                .with("MAX_BAD_RCPTS", "0")
                .start();
        world.dns().serve(LabWorld.zone(), "my_host_1. IN A 203.0.113.9", "web.123. IN MX 10 mx.example.com.");
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @BeforeEach
    void empty() {
        world.mailpit().clear();
    }

    @ParameterizedTest
    @ValueSource(strings = {"app@my_host_1", "app@web.123", "printer@[192.168.1.5]", "\"a,b\"@example.com"})
    void anUnusualAddressArrivesByteForByte(String address) throws Exception {
        String mail = "From: x@example.com\r\nTo: " + address + "\r\nSubject: x\r\n\r\n";
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send("MAIL FROM:<" + address + ">").code()).isEqualTo(250);
            assertThat(smtp.send("RCPT TO:<" + address + ">").code()).isEqualTo(250);
            assertThat(smtp.data(bytes(mail)).code()).isEqualTo(250);
        }
        assertThat(onlyMail().sender()).isEqualTo(address);
        assertThat(onlyMail().recipients()).containsExactly(address);
        assertThat(onlyMail().text())
                .contains((address.startsWith("\"") ? "Bcc: " : "\r\nTo: ") + address + "\r\n")
                .doesNotContain("X-Relaypod-Original-To");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MAIL FROM: printer@raid                    | printer@raid",
                "MAIL FROM:root@10-2-3-4 SIZE=100           | root@10-2-3-4",
                "MAIL FROM:<www-data@my_host_1.>            | www-data@my_host_1",
                "MAIL FROM: Backup Job <job@host> AUTH=<>   | job@host",
                "MAIL FROM:<@a,@b:user@host>                | user@host",
                "MAIL FROM:<root>                           | root@localhost",
                "MAIL FROM:<>                               | ''",
                "MAIL FROM:<a@b\u00fccher.example>             | a@xn--bcher-kva.example",
                "MAIL FROM:<scan@[IPv6:2001:db8::1]>        | ''"
            })
    void anUnusualFormOfASenderIsUnderstood(String command, String sender) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send(command).code()).isEqualTo(250);
            assertThat(smtp.send("RCPT TO: b@example.com. NOTIFY=NEVER ORCPT=rfc822;b@example.com")
                            .code())
                    .isEqualTo(250);
            assertThat(smtp.data(bytes("From: x@example.com\r\nTo: b@example.com\r\n\r\n"))
                            .code())
                    .isEqualTo(250);
        }
        assertThat(onlyMail().sender()).isEqualTo(sender);
        assertThat(onlyMail().recipients()).containsExactly("b@example.com");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "RCPT TO:<root>                         | 550 5.1.1 Bad destination mailbox address - no mailbox is here but postmaster",
                "RCPT TO:<nagios@localhost>             | 550 5.1.1 Bad destination mailbox address - no mailbox is here but postmaster",
                "RCPT TO:<j\u00f6rg@example.com>           | 553 5.6.7 Non-ASCII local parts are not supported (no SMTPUTF8)",
                "RCPT TO:<a b@example.com>              | 553 5.1.3 Bad destination mailbox address syntax",
                "RCPT TO:<>                             | 553 5.1.3 Bad destination mailbox address syntax",
                "RCPT TO:<a@example.com>, <b@x.example> | 553 5.1.3 Bad destination mailbox address syntax",
                "RCPT TO:<a@b\u00fccher.example>           | 250 2.1.5 Recipient <a@xn--bcher-kva.example> OK",
                "RCPT TO:<postmaster>                   | 250 2.1.5 Recipient <postmaster@localhost> OK",
                "RCPT TO:<scan@[IPv6:2001:db8::1]>      | 250 2.1.5 Recipient <scan@[IPv6:2001:db8::1]> OK",
                "RCPT TO:<a@example.com> FOO=1          | 555 5.5.4 Parameter FOO is not supported",
                "RCPT TO:<a@example.com> SIZE=1         | 555 5.5.4 Parameter SIZE is not supported",
                "RCPT <a@example.com>                   | 501 5.5.4 Syntax: RCPT TO:<address>"
            })
    void anUnusualFormOfARecipientIsUnderstood(String command, String answer) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<a@example.com>");
            assertThat(smtp.send(command).lines()).containsExactly(answer);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MAIL FROM:<a@b> REQUIRETLS               | 555 5.5.4 Parameter REQUIRETLS is not supported",
                "MAIL FROM:<a@b> HOLDFOR=60               | 555 5.5.4 Parameter HOLDFOR is not supported",
                "MAIL FROM:<a@b> mt-priority=3            | 555 5.5.4 Parameter MT-PRIORITY is not supported",
                "MAIL FROM:<a@b> SMTPUTF8                 | 555 5.5.4 Parameter SMTPUTF8 is not supported",
                "MAIL FROM:<a@b> BODY=BINARYMIME          | 555 5.5.4 Parameter BODY is not supported",
                "MAIL FROM:<j\u00f6rg@b> SMTPUTF8            | 553 5.6.7 Non-ASCII local parts are not supported (no SMTPUTF8)",
                "MAIL FROM:<a@b> SIZE=1 SIZE=1            | 501 5.5.4 A parameter is given twice",
                "MAIL FROM:<a b@c>                        | 553 5.1.7 Bad sender's mailbox address syntax",
                "MAIL a@b                                 | 501 5.5.4 Syntax: MAIL FROM:<address>"
            })
    void aRefusedSenderGetsItsReplyAndTheNextIsAccepted(String command, String answer) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send(command).lines()).containsExactly(answer);
            assertThat(smtp.send("MAIL FROM:<a@b> RET=HDRS ENVID=x BODY=8BITMIME SIZE=10 AUTH=a@b")
                            .code())
                    .isEqualTo(250);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a@xn--bcher-kva.example", "a@b\u00fccher.example"})
    void aRecipientAtAnInternationalizedDomainGetsTheMessageOnce(String address) throws Exception {
        world.graph().clear();
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<a@example.com>");
            assertThat(smtp.send("RCPT TO:<" + address + ">").code()).isEqualTo(250);
            assertThat(smtp.data(bytes("From: x@example.com\r\nTo: " + address + "\r\n\r\n"))
                            .code())
                    .isEqualTo(250);
        }
        await().atMost(PATIENCE).until(() -> !world.graph().mails().isEmpty());
        assertThat(world.graph().mails().get(0).text())
                .contains("To: a@xn--bcher-kva.example\r\n")
                .doesNotContain("Bcc:");
    }

    @Test
    void manyMalformedAddressesDoNotEndASession() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            for (int mail = 0; mail < 25; mail++) {
                assertThat(smtp.send("MAIL FROM:<j\u00f6rg@example.com>").code())
                        .isEqualTo(553);
            }
            for (int mail = 0; mail < 12; mail++) {
                assertThat(smtp.send("MAIL FROM:<a@example.com>").code()).isEqualTo(250);
                assertThat(smtp.send("RCPT TO:<Joe <joe@example.com>>").code()).isEqualTo(553);
            }
            assertThat(smtp.send("RCPT TO:<b@example.com>").code()).isEqualTo(250);
        }
    }

    @Test
    void dataPipelinedAfterRefusedRecipientsDoesNotEndASession() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            for (int mail = 0; mail < 7; mail++) {
                assertThat(smtp.pipeline("MAIL FROM:<a@example.com>", "RCPT TO:<root>", "DATA", "DATA", "DATA"))
                        .extracting(Reply::code)
                        .containsExactly(250, 550, 503, 503, 503);
            }
            assertThat(smtp.pipeline("MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>", "DATA"))
                    .extracting(Reply::code)
                    .containsExactly(250, 250, 354);
        }
    }

    @Test
    void theHeloNameMayHaveAnyCharacter() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            for (String command : List.of("EHLO B\u00dcRO-PC", "HELO B\u00dcRO-PC")) {
                Reply reply = smtp.send(command);
                assertThat(reply.code()).isEqualTo(250);
                assertThat(reply.lines().get(0))
                        .contains("Hello B?RO-PC [127.0.0.1]")
                        .doesNotContain(")");
            }
            assertThat(smtp.send("EHLO client.example").lines()).contains("250-PIPELINING", "250-8BITMIME");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a..b@example.com",
                "j\u00f6rg@example.com",
                "\"a b\"@example.com",
                "a@no_such_host",
                "Joe <joe@other.example>",
                "root"
            })
    void noHeaderFieldListsARefusedRecipient(String refused) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<a@example.com>");
            assertThat(smtp.send("RCPT TO:<" + refused + ">").code()).isBetween(550, 553);
            assertThat(smtp.send("RCPT TO:<b@example.com>").code()).isEqualTo(250);
            assertThat(smtp.data(bytes("From: x@example.com\r\nTo: "
                                    + (refused.equals("root") ? "root@localhost" : refused) + ", b@example.com,"
                                    + " absent@example.com\r\n\r\n"))
                            .code())
                    .isEqualTo(250);
        }
        assertThat(onlyMail().text())
                .contains("\r\nTo: b@example.com\r\n")
                .contains("X-Relaypod-Original-To: b@example.com,\r\n absent@example.com\r\n");
    }

    @Test
    void noHeaderFieldListsAnyOfThousandsOfRefusedRecipients() throws Exception {
        StringBuilder header = new StringBuilder("From: x@example.com\r\nTo: b@example.com");
        List<String> commands = new ArrayList<>(List.of("MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>"));
        for (int refused = 0; refused < 1_100; refused++) {
            commands.add("RCPT TO:<refused" + refused + "@localhost>");
        }
        for (int refused = 990; refused < 1_100; refused++) {
            header.append(",\r\n refused").append(refused).append("@localhost");
        }
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.pipeline(commands.toArray(String[]::new)).get(1_101).code())
                    .isEqualTo(550);
            assertThat(smtp.send("RCPT TO:<refused\u0001@example.com>").code()).isEqualTo(500);
            assertThat(smtp.data(bytes(header + ",\r\n refused\u0001@example.com, absent@example.com\r\n\r\n"))
                            .code())
                    .isEqualTo(250);
        }
        await().atMost(PATIENCE).until(() -> !world.mailpit().messages().isEmpty());
        assertThat(world.mailpit().messages().get(0).text())
                .contains("absent@example.com")
                .doesNotContain("refused");
    }

    private static ReceivedMail onlyMail() {
        await().atMost(PATIENCE).until(() -> !world.mailpit().messages().isEmpty());
        assertThat(world.mailpit().messages()).hasSize(1);
        return world.mailpit().messages().get(0);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
