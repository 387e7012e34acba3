package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;

import io.relaypod.lab.dns.DnsBehaviour;
import io.relaypod.lab.dns.LabDns;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * DNS that denies all names, as a resolver without its forwarder does: the effects for clients, probes and operators.
 */
@Execution(ExecutionMode.CONCURRENT)
class UntrustedDnsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @Test
    @Runbook("docs/alerts.md#relaypoddnslying")
    void recipientsAreRefusedOnlyTemporarilyWhileDnsDeniesTheCanaries() throws Exception {
        try (LoggedProblems log = new LoggedProblems();
                LabWorld world =
                        LabWorld.builder().with("METRICS_ADDR", "127.0.0.1:0").start()) {
            assertThat(rcpt(world, "a@example.com").code()).isEqualTo(250);
            assertThat(rcpt(world, "a@soon.example").code()).isEqualTo(550);
            world.dns().behave(".", DnsBehaviour.nxdomain());

            assertThat(rcpt(world, "a@gmail.com").lines())
                    .containsExactly("451 4.4.3 Temporary DNS failure, try again later");
            assertThat(rcpt(world, "a@booker.example").code()).isEqualTo(451);
            assertThat(rcpt(world, "a@example.com").code())
                    .as("a cached verdict is used")
                    .isEqualTo(250);
            assertThat(rcpt(world, "a@soon.example").code())
                    .as("denied before, by an unknown server")
                    .isEqualTo(451);
            assertThat(Scrape.get(world, "/readyz").body())
                    .as("cached domains are answered, so the relay must stay ready")
                    .startsWith("ready")
                    .contains("DNS        degraded", "denies names that must exist", "cached verdicts are used");
            assertThat(Scrape.of(world).value("relaypod_dns_servers_lying")).isEqualTo(1);
            assertThat(Scrape.of(world).value("relaypod_dns_up")).isZero();
            String server = "127.0.0.1:" + world.dns().address().getPort();
            assertThat(log.messages()).anyMatch(line -> line.contains("event=dns-lies ") && line.contains(server));
            assertThat(OperatorShell.beside(world).with("DNS_SERVERS", server).text("check", "--own", "gmail.com"))
                    .contains("denies names that must exist");

            world.dns().behaveNormally();
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(rcpt(world, "a@gmail.com").code()).isEqualTo(250));
            assertThat(rcpt(world, "a@booker.example").code()).isEqualTo(250);
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(rcpt(world, "a@soon.example").code()).isEqualTo(550));
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(Scrape.get(world, "/readyz").body()).contains("DNS        healthy"));
            assertThat(Scrape.of(world).value("relaypod_dns_up")).isEqualTo(1);
            assertThat(Scrape.of(world).value("relaypod_dns_servers_lying")).isZero();
        }
    }

    @Test
    void ifOneOfTwoServersIsUntrustedMailIsAcceptedAndTheCheckNamesTheServer() throws Exception {
        try (LabDns liar = LabDns.serving("nothing.example. 300 IN A 192.0.2.1");
                LabDns honest = LabDns.serving(LabWorld.zone());
                LabWorld world = LabWorld.builder()
                        .with("METRICS_ADDR", "127.0.0.1:0")
                        .with(
                                "DNS_SERVERS",
                                "127.0.0.1:" + liar.address().getPort() + ",127.0.0.1:"
                                        + honest.address().getPort())
                        .start()) {
            assertThat(rcpt(world, "a@example.com").code()).isEqualTo(250);
            assertThat(rcpt(world, "a@gmial.com").code()).isEqualTo(550);
            assertThat(Scrape.get(world, "/readyz").body())
                    .contains(
                            "DNS        degraded",
                            "127.0.0.1:" + liar.address().getPort() + " denies names that must exist");
        }
    }

    @Test
    @Runbook({"docs/alerts.md#relaypoddnsfailing", "docs/alerts.md#relaypodnotready"})
    void aDnsServerThatRefusesAllQueriesMakesTheRelayUnready() throws Exception {
        try (LabWorld world =
                LabWorld.builder().with("METRICS_ADDR", "127.0.0.1:0").start()) {
            world.dns().behave(".", DnsBehaviour.refused());
            // The result of the probe at the start may be valid for some seconds.
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Scrape.get(world, "/readyz").body())
                            .contains("DNS        unhealthy  no answer from", "REFUSED"));
            assertThat(rcpt(world, "a@gmail.com").code()).isEqualTo(451);
            await().atMost(PATIENCE)
                    .until(() -> Scrape.of(world).value("relaypod_ready") == 0
                            && Scrape.of(world).value("relaypod_dns_up") == 0);
            assertThat(Scrape.of(world).value("relaypod_dns_lookup_seconds_count", "outcome=\"failed\""))
                    .isPositive();
            OperatorShell operator = OperatorShell.beside(world);
            OperatorShell.Printed status = operator.run("status");
            assertThat(status.exitCode()).isEqualTo(1);
            assertThat(status.text()).contains("is not ready", "DNS        unhealthy");
            OperatorShell.Printed unknown = operator.with(
                            "DNS_SERVERS", "127.0.0.1:" + world.dns().address().getPort())
                    .run("check", "--own", "example.com");
            assertThat(unknown.exitCode()).isEqualTo(2);
            assertThat(unknown.text()).contains("451 4.4.3");

            world.dns().behaveNormally();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Scrape.get(world, "/readyz").statusCode())
                            .isEqualTo(200));
            await().atMost(PATIENCE).until(() -> operator.run("status").exitCode() == 0);
            assertThat(rcpt(world, "a@gmail.com").code()).isEqualTo(250);
        }
    }

    private static Reply rcpt(LabWorld world, String recipient) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<s@example.com>");
            return smtp.send("RCPT TO:<" + recipient + ">");
        }
    }
}
