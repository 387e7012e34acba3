package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.relaypod.lab.dns.DnsBehaviour;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The optional rules for recipients, each with its variable. */
class OptionalVerdictsTest {

    private static final Set<String> CANARIES = Set.of("gmail.com", "outlook.com", ".");

    private static final String TLD_ZONE = """
        shop.               300 IN SOA a.nic.shop. host.nic.shop. 1 1 1 1 300
        real.shop.          300 IN NS ns.real.shop.
        """;

    @Test
    void randomNamesBelowADomainThatDoesNotExistCostAFewQueries() throws Exception {
        try (LabWorld world = LabWorld.builder().with("MAX_BAD_RCPTS", "0").start();
                SmtpConversation smtp = world.connect()) {
            world.dns()
                    .serve(
                            LabWorld.zone(),
                            TLD_ZONE,
                            "real.shop. 300 IN SOA ns.real.shop. host.real.shop. 1 1 1 1 300",
                            "sub.real.shop. 300 IN MX 10 mx.real.shop.");
            smtp.send("MAIL FROM:<s@example.com>");
            for (int random = 0; random < 50; random++) {
                assertThat(smtp.send("RCPT TO:<a@r" + random + ".fake.shop>").code())
                        .isEqualTo(550);
            }
            assertThat(world.dns().count("fake.shop")).as("queried by its name").isEqualTo(1);
            assertThat(world.dns().queries().keySet())
                    .filteredOn(asked -> asked.name().endsWith(".fake.shop"))
                    .as("one name a second at most")
                    .hasSizeLessThan(40);

            assertThat(smtp.send("RCPT TO:<a@sub.real.shop>").code())
                    .as("a sibling that exists")
                    .isEqualTo(250);
        }
    }

    @Test
    void aDenialDoesNotApplyToSiblings() throws Exception {
        try (LabWorld world = LabWorld.builder().start();
                SmtpConversation smtp = world.connect()) {
            world.dns()
                    .serve(
                            LabWorld.zone(),
                            "jp. 300 IN SOA a.jp. host.jp. 1 1 1 1 300",
                            "first.co.jp. 300 IN MX 10 mx.first.co.jp.",
                            "lan. 300 IN SOA a.lan. host.lan. 1 1 1 1 300",
                            "office.lan. 300 IN MX 10 mx.lan.");
            smtp.send("MAIL FROM:<s@example.com>");
            assertThat(smtp.send("RCPT TO:<a@typo.co.jp>").code()).isEqualTo(550);
            assertThat(smtp.send("RCPT TO:<a@first.co.jp>").code()).isEqualTo(250);
            assertThat(smtp.send("RCPT TO:<a@typo.lan>").code()).isEqualTo(550);
            assertThat(smtp.send("RCPT TO:<a@typo.office.lan>").code()).isEqualTo(550);
            assertThat(smtp.send("RCPT TO:<a@office.lan>").code()).isEqualTo(250);
        }
    }

    @Test
    void anUnsignedDenialDoesNotApplyToExistingNamesBelow() throws Exception {
        try (LabWorld world = LabWorld.builder().start();
                SmtpConversation smtp = world.connect()) {
            world.dns().serve(LabWorld.zone(), "real.empty.example. 300 IN MX 10 mx.example.");
            world.dns().behave("empty.example", DnsBehaviour.nxdomain());
            world.dns().behave("real.empty.example", DnsBehaviour.answer());
            smtp.send("MAIL FROM:<s@example.com>");

            assertThat(smtp.send("RCPT TO:<a@empty.example>").code()).isEqualTo(550);
            assertThat(smtp.send("RCPT TO:<a@real.empty.example>").code()).isEqualTo(250);
        }
    }

    @Test
    void aDomainWithUnusableMailHostsIsRefusedWithoutQueriesForThem() throws Exception {
        try (LabWorld world = LabWorld.builder().start()) {
            world.dns()
                    .serve(
                            LabWorld.zone(),
                            "parked.test. 300 IN A 127.0.0.1",
                            "blocked.test. 300 IN A 0.0.0.0",
                            "blocked.test. 300 IN AAAA ::",
                            "collision.test. 300 IN A 127.0.53.53",
                            "local.test. 300 IN MX 10 localhost.",
                            "private.test. 300 IN A 10.1.2.3");
            String refusal = "550 5.1.2 Bad destination mailbox address - no mail host of this domain can be reached";
            for (String domain : new String[] {"parked.test", "blocked.test", "collision.test", "local.test"}) {
                assertThat(rcpt(world, "a@" + domain).lines()).as(domain).containsExactly(refusal);
            }
            assertThat(world.dns().count("localhost")).isZero();
            assertThat(rcpt(world, "a@private.test").code()).isEqualTo(250);
        }
    }

    @Test
    void anEmptyNonTerminalExists() throws Exception {
        try (LabWorld world = LabWorld.builder().start();
                SmtpConversation smtp = world.connect()) {
            world.dns()
                    .serve(
                            LabWorld.zone(),
                            "zone.example. 300 IN SOA ns.zone.example. host.zone.example. 1 1 1 1 300",
                            "real.empty.zone.example. 300 IN MX 10 mx.zone.example.");
            smtp.send("MAIL FROM:<s@example.com>");

            assertThat(smtp.send("RCPT TO:<a@empty.zone.example>").code()).isEqualTo(550);
            assertThat(smtp.send("RCPT TO:<a@no.empty.zone.example>").code()).isEqualTo(550);
            assertThat(smtp.send("RCPT TO:<a@real.empty.zone.example>").code()).isEqualTo(250);
        }
    }

    @Test
    void ifDnsFailsAStaleVerdictIsUsed() throws Exception {
        try (LabWorld world = LabWorld.builder().with("MX_CACHE_TTL", "100ms").start()) {
            assertThat(rcpt(world, "a@example.com").code()).isEqualTo(250);
            assertThat(rcpt(world, "a@nowhere.xyz").code()).isEqualTo(550);
            world.dns().behave("example.com", DnsBehaviour.servfail());
            world.dns().behave("nowhere.xyz", DnsBehaviour.silence());
            world.dns().behave("never-asked.example", DnsBehaviour.servfail());

            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                assertThat(rcpt(world, "a@example.com").code()).isEqualTo(250);
                assertThat(world.count("relaypod_stale_verdicts_total")).isPositive();
            });
            assertThat(rcpt(world, "a@nowhere.xyz").code()).isEqualTo(550);
            assertThat(rcpt(world, "a@never-asked.example").code()).isEqualTo(451);
        }
    }

    @Test
    void aDomainWithUnreachableMailHostsIsRefusedIfConfigured() throws Exception {
        String zone = """
            loop.test.      300 IN MX 10 mx.loop.test.
            mx.loop.test.   300 IN A 127.0.0.1
            private.test.   300 IN MX 10 mx.private.test.
            mx.private.test. 300 IN A 10.0.0.1
            mx.private.test. 300 IN AAAA fd00::1
            gone.test.      300 IN MX 10 mx.gone.test.
            good.test.      300 IN MX 10 mx.gone.test.
            good.test.      300 IN MX 20 mx.good.test.
            mx.good.test.   300 IN A 93.184.216.34
            unsure.test.    300 IN MX 10 mx.unsure.test.
            """;
        try (LabWorld world =
                LabWorld.builder().with("MX_VERIFY_TARGETS", "true").start()) {
            world.dns().serve(LabWorld.zone(), zone);
            world.dns().behave("mx.unsure.test", DnsBehaviour.servfail());
            String refusal = "550 5.1.2 Bad destination mailbox address - no mail host of this domain can be reached";

            assertThat(rcpt(world, "a@loop.test").lines()).containsExactly(refusal);
            assertThat(rcpt(world, "a@private.test").lines()).containsExactly(refusal);
            assertThat(rcpt(world, "a@gone.test").lines()).containsExactly(refusal);
            assertThat(rcpt(world, "a@good.test").code()).isEqualTo(250);
            assertThat(rcpt(world, "a@unsure.test").code()).isEqualTo(250);
        }
        try (LabWorld world = LabWorld.builder().start()) {
            world.dns().serve(LabWorld.zone(), zone);
            assertThat(rcpt(world, "a@loop.test").code()).isEqualTo(250);
        }
    }

    @Test
    void theDomainListsOverrideDnsAndAreReloadedAfterAChange(@TempDir Path directory) throws Exception {
        Path allow = Files.writeString(directory.resolve("allow"), "# inside the cluster\n.svc.cluster.local\n");
        Path deny = Files.writeString(
                directory.resolve("deny"),
                IntStream.range(0, 100_000)
                        .mapToObj(i -> "throwaway" + i + ".example")
                        .collect(Collectors.joining("\n", "", "\n.disposable-with-mx.example\n")));
        try (LabWorld world = LabWorld.builder()
                .with("ALLOW_DOMAINS_FILE", allow.toString())
                .with("DENY_DOMAINS_FILE", deny.toString())
                .start()) {
            String refusal = "550 5.1.2 Bad destination mailbox address - this domain is not accepted here";
            assertThat(rcpt(world, "a@app.svc.cluster.local").code()).isEqualTo(250);
            assertThat(rcpt(world, "a@disposable-with-mx.example").lines()).containsExactly(refusal);
            assertThat(rcpt(world, "a@sub.Disposable-with-mx.example").lines()).containsExactly(refusal);
            assertThat(rcpt(world, "a@throwaway99999.example").lines()).containsExactly(refusal);
            assertThat(world.dns().queries().keySet())
                    .filteredOn(asked -> !CANARIES.contains(asked.name()))
                    .isEmpty();

            Files.writeString(deny, "example.com\nnot a domain\n");
            Files.writeString(allow, "disposable-with-mx.example\n");
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(
                                    rcpt(world, "a@disposable-with-mx.example").code())
                            .isEqualTo(250));
            assertThat(rcpt(world, "a@throwaway1.example").lines())
                    .as("an invalid list is not loaded")
                    .containsExactly(refusal);
            assertThat(rcpt(world, "a@example.com").code()).isEqualTo(250);
        }
    }

    @Test
    void aRefusalSuggestsTheProviderOfAMistypedDomain() throws Exception {
        try (LabWorld world = LabWorld.builder().start()) {
            assertThat(rcpt(world, "a@gmial.com").lines().get(0)).endsWith(" (did you mean gmail.com?)");
            assertThat(rcpt(world, "a@gmail.con").lines().get(0)).endsWith(" (did you mean gmail.com?)");
            assertThat(rcpt(world, "a@nonexistent-domain.xyz").lines().get(0)).doesNotContain("did you mean");
            assertThat(rcpt(world, "a@gmail.com").lines().get(0)).doesNotContain("did you mean");
        }
        try (LabWorld world = LabWorld.builder().with("MX_SUGGEST", "false").start()) {
            assertThat(rcpt(world, "a@gmial.com").lines())
                    .containsExactly("550 5.1.2 Bad destination mailbox address - domain has no MX record");
        }
    }

    private static Reply rcpt(LabWorld world, String recipient) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<s@example.com>");
            return smtp.send("RCPT TO:<" + recipient + ">");
        }
    }
}
