package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import io.relaypod.lab.dns.DnsBehaviour;
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

/** The replies to RCPT, through a socket. */
class RcptRuleTest {

    private static LabWorld world;

    @BeforeAll
    static void start() throws Exception {
        world = LabWorld.builder().start();
        world.dns().behave("silent.example", DnsBehaviour.silence());
        world.dns().behave("servfail.example", DnsBehaviour.servfail());
        world.dns().behave("refused.example", DnsBehaviour.refused());
        // The answer of a usual resolver.
        world.dns().serve(LabWorld.zone(), "localhost. 300 IN A 127.0.0.1");
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @BeforeEach
    void forgetQueries() {
        world.dns().reset();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a@example.com                  | 250 2.1.5 Recipient <a@example.com> OK",
                "a@implicit.example             | 250 2.1.5 Recipient <a@implicit.example> OK",
                "a@implicit6.example            | 250 2.1.5 Recipient <a@implicit6.example> OK",
                "a@alias.example                | 250 2.1.5 Recipient <a@alias.example> OK",
                "a@nonexistent-domain.xyz       | 550 5.1.2 Bad destination mailbox address - domain has no MX record",
                "a@gmial.com                    | 550 5.1.2 Bad destination mailbox address - domain has no MX record (did you mean gmail.com?)",
                "a@nullmx.example               | 556 5.1.10 Recipient address has null MX",
                "a@servfail.example             | 451 4.4.3 Temporary DNS failure, try again later",
                "a@refused.example              | 451 4.4.3 Temporary DNS failure, try again later",
                "a@silent.example               | 451 4.4.3 Temporary DNS failure, try again later",
                "a@[192.0.2.1]                  | 550 5.1.2 Bad destination mailbox address - address literals are not accepted",
                "root                           | 550 5.1.1 Bad destination mailbox address - no mailbox is here but postmaster",
                "nagios@localhost               | 550 5.1.1 Bad destination mailbox address - no mailbox is here but postmaster",
                "app@db.localhost               | 550 5.1.1 Bad destination mailbox address - no mailbox is here but postmaster",
                "postmaster                     | 250 2.1.5 Recipient <postmaster@localhost> OK",
            })
    void eachDomainGetsItsReply(String recipient, String answer) throws Exception {
        assertThat(rcpt(recipient).lines()).containsExactly(answer);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a@exa mple.com",
                "a@-example.com",
                "a@example..com",
                "a@",
                "@example.com",
                "a@example.123",
                "a@ex\u00e4mple.com",
                "a@[IPv6:::1]"
            })
    void aDomainThatCannotExistIsRefusedPermanently(String recipient) throws Exception {
        assertThat(rcpt(recipient).code()).isBetween(500, 599);
    }

    @Test
    void pipelinedRecipientsAreAnsweredInTheirOrder() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            List<Reply> replies = smtp.pipeline(
                    "MAIL FROM:<s@example.com>",
                    "RCPT TO:<a@example.com>",
                    "RCPT TO:<b@nowhere1.xyz>",
                    "RCPT TO:<c@servfail.example>",
                    "RCPT TO:<d@booker.example>",
                    "RCPT TO:<e@nullmx.example>",
                    "RCPT TO:<f@gmail.com>",
                    "DATA");

            assertThat(replies).extracting(Reply::code).containsExactly(250, 250, 550, 451, 250, 556, 250, 354);
        }
    }

    @Test
    void aDomainThatDoesNotExistIsQueriedOnceInAnyCase() throws Exception {
        for (String spelling : List.of("a@once.xyz", "b@ONCE.xyz", "c@Once.XYZ")) {
            assertThat(rcpt(spelling).code()).isEqualTo(550);
        }
        assertThat(world.dns().count("once.xyz")).isEqualTo(1);
    }

    @Test
    void aDnsFailureIsNotCached() throws Exception {
        world.dns().behave("flaky.example", DnsBehaviour.servfail());
        assertThat(rcpt("a@flaky.example").code()).isEqualTo(451);

        world.dns().behave("flaky.example", DnsBehaviour.answer());
        assertThat(rcpt("a@flaky.example").code()).isEqualTo(550);
    }

    @Test
    void aClientWithSlowDomainsDelaysNoOther() throws Exception {
        world.dns().behave("slow.example", DnsBehaviour.silence());
        int slowClients = 4 * Runtime.getRuntime().availableProcessors();
        List<SmtpConversation> waiting = new ArrayList<>();
        try {
            for (int client = 0; client < slowClients; client++) {
                SmtpConversation smtp = world.connect();
                waiting.add(smtp);
                smtp.send("MAIL FROM:<s@example.com>");
                smtp.sendRaw(("RCPT TO:<a@c" + client + ".slow.example>\r\n").getBytes(StandardCharsets.US_ASCII));
            }

            assertThat(rcpt("a@example.com").code()).isEqualTo(250);

            for (SmtpConversation smtp : waiting) {
                assertThat(smtp.readReply().code()).isEqualTo(451);
            }
        } finally {
            for (SmtpConversation smtp : waiting) {
                smtp.close();
            }
        }
    }

    @Test
    void anUnauthorizedClientMayNotRelayAndCausesNoDnsQuery() throws Exception {
        try (LabWorld closed = LabWorld.builder()
                        .with("RELAY_NETWORKS", "192.0.2.0/24")
                        .start();
                SmtpConversation smtp = closed.connect()) {
            smtp.send("MAIL FROM:<s@example.com>");

            assertThat(smtp.send("RCPT TO:<a@example.com>").lines())
                    .containsExactly("550 5.7.1 Requested action not taken: relaying denied");
            assertThat(smtp.send("RCPT TO:<postmaster@example.com>").code()).isEqualTo(550);
            assertThat(smtp.send("RCPT TO:<user@localhost>").code()).isEqualTo(550);
            assertThat(smtp.send("RCPT TO:<postmaster>").code()).isEqualTo(550);
            assertThat(closed.dns().total()).isZero();
        }
    }

    @Test
    void addressLiteralsAndUncheckedDomainsAreAcceptedIfConfigured() throws Exception {
        try (LabWorld lenient = LabWorld.builder()
                        .with("ALLOW_ADDRESS_LITERALS", "true")
                        .with("MX_ON_DNS_FAILURE", "accept")
                        .start();
                SmtpConversation smtp = lenient.connect()) {
            lenient.dns().behave("servfail.example", DnsBehaviour.servfail());
            smtp.send("MAIL FROM:<s@example.com>");

            assertThat(smtp.send("RCPT TO:<a@[192.0.2.1]>").code()).isEqualTo(250);
            assertThat(smtp.send("RCPT TO:<a@servfail.example>").code()).isEqualTo(250);
        }
    }

    private static Reply rcpt(String recipient) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<s@example.com>");
            return smtp.send("RCPT TO:<" + recipient + ">");
        }
    }
}
