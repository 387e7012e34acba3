package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.relaypod.lab.dns.DnsBehaviour;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.Test;

/** The shares of DNS lookups of different clients. */
class DnsSharesTest {

    private static final int PLACES = 8;
    private static final int GOOD_DOMAINS = 20;

    @Test
    void whileOneClientWaitsForSilentDnsNewDomainsOfAnotherAreAccepted() throws Exception {
        List<SmtpConversation> waiting = new ArrayList<>();
        try (LabWorld world = LabWorld.builder()
                .with("DNS_MAX_INFLIGHT", Integer.toString(PLACES))
                .with("DNS_TIMEOUT", "10s")
                .start()) {
            world.dns().behave("silent", DnsBehaviour.silence());
            world.dns().serve(LabWorld.zone(), "*.good.test. 300 IN MX 10 mx.example.com.");
            for (int client = 0; client < 2 * PLACES; client++) {
                SmtpConversation smtp = world.connect();
                waiting.add(smtp);
                smtp.send("MAIL FROM:<s@example.com>");
                smtp.sendRaw(("RCPT TO:<a@n" + client + ".silent>\r\n").getBytes(StandardCharsets.US_ASCII));
            }
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(world.count("relaypod_dns_domains_in_flight"))
                            .isEqualTo(PLACES / 2));

            try (SmtpConversation other =
                    SmtpConversation.connectFrom(InetAddress.getByName("127.0.0.2"), world.smtpAddress())) {
                other.send("EHLO other.example");
                other.send("MAIL FROM:<s@example.com>");
                for (int domain = 0; domain < GOOD_DOMAINS; domain++) {
                    assertThat(other.send("RCPT TO:<a@fresh" + domain + ".good.test>")
                                    .code())
                            .isEqualTo(250);
                }
            }
            assertThat(world.count("relaypod_dns_domains_waiting"))
                    .as("the others still wait")
                    .isPositive();
        } finally {
            for (SmtpConversation smtp : waiting) {
                smtp.close();
            }
        }
    }
}
