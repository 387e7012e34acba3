package io.relaypod.smtpclient;

import static io.relaypod.smtpclient.ScriptedSmtpServer.CLOSE;
import static io.relaypod.smtpclient.ScriptedSmtpServer.END_OF_DATA;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class SmtpConnectionTest {

    private static final String TEXT = "Subject: Test\r\n\r\nbody\r\n";

    private final MemoryBudget memory = new MemoryBudget(4 << 20);
    private final SmtpClient client = new SmtpClient(settings(Optional.empty()), memory);

    @AfterEach
    void stop() {
        client.close();
        assertThat(memory.reserved(MemoryUse.GATEWAY)).isZero();
    }

    static SmtpClientSettings settings(Optional<SmtpCredentials> credentials) {
        return new SmtpClientSettings(
                "relay.example",
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                false,
                true,
                () -> {
                    throw new IllegalStateException("no TLS was asked for");
                },
                credentials,
                Optional.empty());
    }

    static SmtpEnvelope envelope(String... recipients) {
        return new SmtpEnvelope(
                "sender@example.com",
                Optional.empty(),
                Optional.empty(),
                Stream.of(recipients)
                        .map(recipient -> new SmtpRecipient(recipient, Optional.empty()))
                        .toList());
    }

    static MessageContent text(String text) {
        return out -> out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    private TransactionResult send(ScriptedSmtpServer server, String... recipients) throws IOException {
        try (SmtpConnection connection = client.connect(server.address())) {
            return connection.send(envelope(recipients), text(TEXT));
        }
    }

    private static UnaryOperator<String> at(String command, String reply) {
        return asked -> asked.equals(command) || asked.startsWith(command + " ") || asked.startsWith(command + ":<")
                ? reply
                : "";
    }

    @Test
    void one_connection_carries_one_message_after_another_without_a_command_between() throws Exception {
        try (ScriptedSmtpServer server = ScriptedSmtpServer.accepting()) {
            try (SmtpConnection connection = client.connect(server.address())) {
                for (String recipient : List.of("a@example.com", "b@example.com")) {
                    TransactionResult result = connection.send(envelope(recipient), text(TEXT));
                    assertThat(result.stage()).isEqualTo(TransactionStage.END_OF_DATA);
                    assertThat(result.outcomes())
                            .containsExactly(new RecipientOutcome(
                                    DeliveryStatus.DELIVERED, Optional.of(250), Optional.empty(), "250 2.0.0 queued"));
                }
                assertThat(connection.isUsable()).isTrue();
                assertThat(connection.transactions()).isEqualTo(2);
                assertThat(connection.greeting()).isEqualTo("220 scripted");
            }
            Awaitility.await().until(() -> server.commands().contains("QUIT"));
            assertThat(server.commands())
                    .containsExactly(
                            "EHLO relay.example",
                            "MAIL FROM:<sender@example.com>",
                            "RCPT TO:<a@example.com>",
                            "DATA",
                            "MAIL FROM:<sender@example.com>",
                            "RCPT TO:<b@example.com>",
                            "DATA",
                            "QUIT");
            assertThat(server.messages())
                    .extracting(message -> new String(message, StandardCharsets.UTF_8))
                    .containsExactly(TEXT + ".\r\n", TEXT + ".\r\n");
        }
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "MAIL, 554 5.7.1 no, MAIL, REFUSED, none",
                "MAIL, 451 4.3.0 later, MAIL, DEFERRED, REFUSED",
                "MAIL, 451 4.3.5 Unable to process mail, MAIL, DEFERRED, NEXT_HOP",
                "RCPT, 550 5.1.1 nobody, RCPT, REFUSED, none",
                "RCPT, 450 4.2.1 later, RCPT, DEFERRED, REFUSED",
                "RCPT, 552 5.5.3 too many, RCPT, DEFERRED, REFUSED",
                "DATA, 554 5.5.1 no, DATA, REFUSED, none",
                "DATA, 421 4.3.2 closing, DATA, DEFERRED, REFUSED",
                "., 552 5.3.4 too large, END_OF_DATA, REFUSED, none",
                "., 452 4.3.1 full, END_OF_DATA, DEFERRED, REFUSED",
                "., 451 4.3.5 Unable to process mail, END_OF_DATA, DEFERRED, NEXT_HOP",
                "MAIL, close, MAIL, DEFERRED, UNREACHABLE",
                "RCPT, close, MAIL, DEFERRED, UNREACHABLE",
                "DATA, close, DATA, DEFERRED, UNREACHABLE",
                "., close, END_OF_DATA, DEFERRED, UNREACHABLE",
                "MAIL, 354 what, MAIL, DEFERRED, UNREACHABLE",
                "DATA, 250 what, DATA, DEFERRED, UNREACHABLE",
                "., 354 what, END_OF_DATA, DEFERRED, UNREACHABLE",
                "., HTTP/1.1 200 OK, END_OF_DATA, DEFERRED, UNREACHABLE"
            })
    void each_reply_has_its_outcome(
            String command, String reply, TransactionStage stage, DeliveryStatus status, DeferralReason reason)
            throws Exception {
        for (String pipelining : List.of("PIPELINING", "X-NOTHING")) {
            try (ScriptedSmtpServer server = new ScriptedSmtpServer(at(command, reply), pipelining)) {
                TransactionResult result = send(server, "a@example.com");

                assertThat(result.stage()).isEqualTo(stage);
                assertThat(result.outcomes().get(0).status()).isEqualTo(status);
                assertThat(result.outcomes().get(0).reason()).isEqualTo(Optional.ofNullable(reason));
                assertThat(result.isServerLost())
                        .isEqualTo(stage == TransactionStage.END_OF_DATA
                                && (reason == DeferralReason.NEXT_HOP || reason == DeferralReason.UNREACHABLE));
                if (reason != DeferralReason.UNREACHABLE) {
                    assertThat(result.outcomes().get(0).text()).isEqualTo(reply);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PIPELINING", "X-NOTHING"})
    void if_a_recipient_is_refused_nobody_gets_the_message_and_the_next_transaction_begins_with_RSET(String extension)
            throws Exception {
        try (ScriptedSmtpServer server = new ScriptedSmtpServer(
                command ->
                        command.contains("<never") ? "550 5.1.1 nobody" : command.contains("<later") ? "450 later" : "",
                extension)) {
            try (SmtpConnection connection = client.connect(server.address())) {
                TransactionResult result = connection.send(
                        envelope("a@example.com", "never@example.com", "later@example.com"), text(TEXT));
                assertThat(result.outcomes())
                        .extracting(RecipientOutcome::status)
                        .containsExactly(DeliveryStatus.NOT_ATTEMPTED, DeliveryStatus.REFUSED, DeliveryStatus.DEFERRED);
                assertThat(connection
                                .send(envelope("a@example.com"), text(TEXT))
                                .outcomes())
                        .extracting(RecipientOutcome::status)
                        .containsExactly(DeliveryStatus.DELIVERED);
            }
            assertThat(server.messages()).hasSize(1);
            assertThat(server.commands())
                    .containsSubsequence("RCPT TO:<later@example.com>", "RSET", "MAIL FROM:<sender@example.com>");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PIPELINING", "X-NOTHING"})
    void if_RSET_is_refused_the_server_is_out_of_step_and_nobody_is_refused(String extension) throws Exception {
        try (ScriptedSmtpServer server = new ScriptedSmtpServer(
                command -> command.contains("<never") ? "550 5.1.1 nobody" : command.equals("RSET") ? "500 what?" : "",
                extension)) {
            try (SmtpConnection connection = client.connect(server.address())) {
                connection.send(envelope("never@example.com"), text(TEXT));

                assertThat(connection
                                .send(envelope("a@example.com"), text(TEXT))
                                .outcomes())
                        .extracting(RecipientOutcome::status)
                        .containsExactly(DeliveryStatus.DEFERRED);
            }
        }
    }

    @Test
    void mail_and_rcpt_are_pipelined_where_the_server_offers_it_and_DATA_is_not() throws Exception {
        String[] recipients =
                IntStream.range(0, 250).mapToObj(i -> "r" + i + "@example.com").toArray(String[]::new);
        try (ScriptedSmtpServer server = ScriptedSmtpServer.accepting("PIPELINING")) {
            assertThat(send(server, recipients).outcomes())
                    .hasSize(250)
                    .allMatch(outcome -> outcome.is(DeliveryStatus.DELIVERED));

            int mail = server.commands().indexOf("MAIL FROM:<sender@example.com>");
            assertThat(server.bytesBehindCommands().get(mail)).isPositive();
            assertThat(server.bytesBehindCommands().get(server.commands().indexOf("RCPT TO:<r249@example.com>")))
                    .isZero();
        }
    }

    @Test
    void without_pipelining_one_command_is_sent_at_a_time() throws Exception {
        try (ScriptedSmtpServer server = ScriptedSmtpServer.accepting()) {
            send(server, "a@example.com", "b@example.com", "c@example.com");

            assertThat(server.bytesBehindCommands()).containsOnly(0);
        }
    }

    @Test
    void who_was_refused_before_the_connection_was_lost_stays_refused() throws Exception {
        try (ScriptedSmtpServer server = new ScriptedSmtpServer(
                command -> command.contains("<never") ? "550 5.1.1 nobody" : command.contains("<c@") ? CLOSE : "")) {
            assertThat(send(server, "a@example.com", "never@example.com", "c@example.com")
                            .outcomes())
                    .extracting(RecipientOutcome::status)
                    .containsExactly(DeliveryStatus.DEFERRED, DeliveryStatus.REFUSED, DeliveryStatus.DEFERRED);
        }
    }

    @Test
    void a_reply_that_no_command_asked_for_ends_the_connection_before_a_message_is_sent() throws Exception {
        AtomicInteger mails = new AtomicInteger();
        try (ScriptedSmtpServer server = new ScriptedSmtpServer(command ->
                command.equals(END_OF_DATA) && mails.incrementAndGet() == 1 ? "250 ok\r\n421 4.4.2 idle" : "")) {
            try (SmtpConnection connection = client.connect(server.address())) {
                assertThat(connection
                                .send(envelope("a@example.com"), text(TEXT))
                                .outcomes())
                        .allMatch(outcome -> outcome.is(DeliveryStatus.DELIVERED));
                TransactionResult next = connection.send(envelope("b@example.com"), text(TEXT));

                assertThat(next.isContentSent()).isFalse();
                assertThat(next.outcomes()).allMatch(outcome -> outcome.is(DeliveryStatus.DEFERRED));
                assertThat(connection.isUsable()).isFalse();
            }
            assertThat(server.messages()).hasSize(1);
        }
    }

    @Test
    void a_message_that_cannot_be_read_is_not_ended() throws Exception {
        try (ScriptedSmtpServer server = ScriptedSmtpServer.accepting()) {
            try (SmtpConnection connection = client.connect(server.address())) {
                TransactionResult result = connection.send(envelope("a@example.com"), out -> {
                    out.write(new byte[100_000]);
                    throw new IOException("the disk is broken");
                });
                assertThat(result.isContentSent()).isFalse();
                assertThat(result.outcomes())
                        .containsExactly(RecipientOutcome.deferred(
                                DeferralReason.UNKNOWN, "the message could not be read: the disk is broken"));
                assertThat(connection.isUsable()).isFalse();
            }
            assertThat(server.messages()).isEmpty();
        }
    }

    @Test
    void notifications_are_asked_for_only_where_the_server_offers_DSN() throws Exception {
        SmtpEnvelope envelope = new SmtpEnvelope(
                "sender@example.com",
                Optional.of("HDRS"),
                Optional.of("QQ314159"),
                List.of(
                        new SmtpRecipient("a@example.com", Optional.of("NEVER")),
                        new SmtpRecipient("b@example.com", Optional.empty())));
        try (ScriptedSmtpServer offering = ScriptedSmtpServer.accepting("DSN");
                ScriptedSmtpServer other = ScriptedSmtpServer.accepting()) {
            for (ScriptedSmtpServer server : List.of(offering, other)) {
                try (SmtpConnection connection = client.connect(server.address())) {
                    connection.send(envelope, text(TEXT));
                }
            }
            assertThat(offering.commands())
                    .contains(
                            "MAIL FROM:<sender@example.com> RET=HDRS ENVID=QQ314159",
                            "RCPT TO:<a@example.com> NOTIFY=NEVER",
                            "RCPT TO:<b@example.com>");
            assertThat(other.commands()).contains("MAIL FROM:<sender@example.com>", "RCPT TO:<a@example.com>");
        }
    }

    @Test
    void an_address_outside_ascii_needs_SMTPUTF8() throws Exception {
        try (ScriptedSmtpServer offering = ScriptedSmtpServer.accepting("SMTPUTF8");
                ScriptedSmtpServer other = ScriptedSmtpServer.accepting()) {
            assertThat(send(offering, "j\u00fcrgen@example.com").outcomes())
                    .allMatch(outcome -> outcome.is(DeliveryStatus.DELIVERED));
            assertThat(offering.commands())
                    .contains("MAIL FROM:<sender@example.com> SMTPUTF8", "RCPT TO:<j\u00fcrgen@example.com>");
            assertThat(send(other, "j\u00fcrgen@example.com").outcomes())
                    .allMatch(outcome -> outcome.is(DeliveryStatus.REFUSED));
            assertThat(other.commands()).noneMatch(command -> command.startsWith("MAIL"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a@example.com>\r\nRSET", "a\n@example.com", "a\u0000@example.com", "a\u0085@example.com"})
    void an_address_with_a_control_character_is_no_address(String address) {
        assertThatThrownBy(() -> envelope(address))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("control character");
    }

    @Test
    void a_server_without_EHLO_is_greeted_with_HELO() throws Exception {
        try (ScriptedSmtpServer server = new ScriptedSmtpServer(at("EHLO", "502 5.5.1 what"))) {
            assertThat(send(server, "a@example.com").isContentSent()).isTrue();
            assertThat(server.commands())
                    .startsWith("EHLO relay.example", "HELO relay.example", "MAIL FROM:<sender@example.com>");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "greeting, 554 5.3.2 no, the reply to the greeting is '554 5.3.2 no'",
        "EHLO, 421 4.3.2 later, the reply to EHLO is '421 4.3.2 later'",
        "greeting, close, the server closed the connection"
    })
    void a_connection_that_is_not_made_says_why(String command, String reply, String message) throws Exception {
        try (ScriptedSmtpServer server = new ScriptedSmtpServer(at(command, reply))) {
            assertThatThrownBy(() -> client.connect(server.address()))
                    .isInstanceOf(IOException.class)
                    .hasMessage("no connection to 127.0.0.1 port "
                            + server.address().port() + ": " + message);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "AUTH PLAIN LOGIN, AUTH PLAIN AHVzZXIAcGFzcyB3b3Jk",
        "AUTH=PLAIN, AUTH PLAIN AHVzZXIAcGFzcyB3b3Jk",
        "AUTH LOGIN, cGFzcyB3b3Jk"
    })
    void user_and_password_are_sent_as_the_server_offers(String offered, String command) throws Exception {
        try (ScriptedSmtpServer server = new ScriptedSmtpServer(
                        asked -> asked.equals("AUTH LOGIN") || asked.equals("dXNlcg==") ? "334 go on" : "", offered);
                SmtpClient withLogin =
                        new SmtpClient(settings(Optional.of(new SmtpCredentials("user", "pass word"))), memory);
                SmtpConnection connection = withLogin.connect(server.address())) {
            assertThat(connection.isUsable()).isTrue();
            assertThat(server.commands()).contains(command);
        }
    }

    @Test
    void a_wrong_password_or_no_AUTH_at_all_makes_no_connection() throws Exception {
        try (ScriptedSmtpServer wrong = new ScriptedSmtpServer(at("AUTH", "535 5.7.8 wrong"), "AUTH PLAIN");
                ScriptedSmtpServer none = ScriptedSmtpServer.accepting();
                SmtpClient withLogin =
                        new SmtpClient(settings(Optional.of(new SmtpCredentials("user", "secret"))), memory)) {
            assertThatThrownBy(() -> withLogin.connect(wrong.address()))
                    .hasMessageContaining("535 5.7.8 wrong")
                    .hasMessageNotContaining("secret");
            assertThatThrownBy(() -> withLogin.connect(none.address()))
                    .hasMessageContaining("neither AUTH PLAIN nor AUTH LOGIN");
        }
    }

    @Test
    void without_memory_for_its_replies_no_connection_is_made() throws Exception {
        try (ScriptedSmtpServer server = ScriptedSmtpServer.accepting();
                SmtpClient poor = new SmtpClient(settings(Optional.empty()), new MemoryBudget(1 << 10))) {
            assertThatThrownBy(() -> poor.connect(server.address()))
                    .isInstanceOf(IOException.class)
                    .hasMessage("no memory for another connection to localhost");
        }
    }
}
