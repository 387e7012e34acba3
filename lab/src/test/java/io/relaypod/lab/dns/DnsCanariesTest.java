package io.relaypod.lab.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import com.github.benmanes.caffeine.cache.Ticker;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.dns.DnsCanaries;
import io.relaypod.dns.DnsFailover;
import io.relaypod.dns.DnsFailover.DnsServerReport;
import io.relaypod.dns.DnsSettings;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.verdict.DnsDomainCheck;
import io.relaypod.verdict.DomainVerdict;
import io.relaypod.verdict.DomainVerdict.HasMx;
import io.relaypod.verdict.DomainVerdict.ImplicitMx;
import io.relaypod.verdict.DomainVerdict.NoMailHost;
import io.relaypod.verdict.DomainVerdict.Unknown;
import io.relaypod.verdict.MxSettings;
import io.relaypod.verdict.MxSettings.OnDnsFailure;
import io.relaypod.verdict.NonexistentDomains;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** DNS servers that deny canaries or invent addresses, and servers that must not be taken for them. */
class DnsCanariesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final MxSettings SETTINGS = new MxSettings(
            Duration.ofHours(1),
            Duration.ofDays(1),
            1_000,
            256,
            OnDnsFailure.TRY_LATER,
            false,
            false,
            Optional.empty(),
            Optional.empty(),
            false,
            Optional.empty());
    private static final String ZONE = """
            gmail.com.        300 IN MX 5 mx.gmail.com.
            outlook.com.      300 IN MX 5 mx.outlook.com.
            example.com.      300 IN MX 5 mx.example.com.
            implicit.example. 300 IN A 192.0.2.1
            .                 300 IN NS a.root.
            """;

    private final LabDns dns = LabDns.serving(ZONE);
    private final LabDns other = LabDns.serving(ZONE);
    private final EventLoopGroup loops = new NioEventLoopGroup(2);

    @AfterEach
    void stop() {
        dns.close();
        other.close();
        loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }

    @Test
    void aDenialByAServerThatDeniesTheCanariesIsUnknown() {
        dns.behave(".", DnsBehaviour.nxdomain());
        DnsFailover servers = servers("gmail.com, outlook.com, .", dns);

        assertThat(verdict(servers, "gmail.com"))
                .isInstanceOfSatisfying(
                        Unknown.class, unknown -> assertThat(unknown.reason()).contains("denies names that exist"));
        assertThat(verdict(servers, "nowhere.example")).isInstanceOf(Unknown.class);
        assertThat(servers.distrusted()).isEqualTo(1);
        assertThat(servers.check().join()).noneMatch(DnsServerReport::isUsable);
    }

    @Test
    void aDomainForWhichSuchAServerHasRecordsIsAccepted() {
        dns.behave(".", DnsBehaviour.nxdomain());
        dns.behave("example.com", DnsBehaviour.answer());
        DnsFailover servers = servers("gmail.com, outlook.com", dns);
        verdict(servers, "nowhere.example");

        assertThat(servers.distrusted()).isEqualTo(1);
        assertThat(verdict(servers, "example.com")).isInstanceOf(HasMx.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"LAME", "NODATA_WITHOUT_SOA"})
    void canariesWithoutRecordsCountAsDenied(DnsBehaviour.Fixed behaviour) {
        dns.behave(".", behaviour);

        assertThat(verdict(servers("gmail.com, outlook.com", dns), "nowhere.example"))
                .isInstanceOf(Unknown.class);
    }

    @Test
    void aServerThatConfirmsTheCanariesIsTrustedAgain() {
        dns.behave(".", DnsBehaviour.nxdomain());
        DnsFailover servers = servers("gmail.com", dns);
        assertThat(verdict(servers, "example.com")).isInstanceOf(Unknown.class);
        dns.behaveNormally();

        assertThat(verdict(servers, "example.com")).isInstanceOf(HasMx.class);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(verdict(servers, "nowhere.example")).isEqualTo(new NoMailHost(false)));
        assertThat(servers.distrusted()).isZero();
    }

    @Test
    void aDenialOfAKnownProviderChecksTheCanariesAtOnce() {
        DnsFailover servers = servers("gmail.com, outlook.com", dns);
        assertThat(verdict(servers, "nowhere.example")).isEqualTo(new NoMailHost(false));
        dns.behave(".", DnsBehaviour.nxdomain());

        assertThat(verdict(servers, "gmail.com")).isInstanceOf(Unknown.class);
        assertThat(verdict(servers, "elsewhere.example")).isInstanceOf(Unknown.class);
    }

    @Test
    void aServerThatConfirmsTheCanariesIsPreferred() {
        dns.behave(".", DnsBehaviour.nxdomain());
        DnsFailover servers = servers("gmail.com, outlook.com, .", dns, other);

        assertThat(verdict(servers, "example.com")).isInstanceOf(HasMx.class);
        assertThat(verdict(servers, "nowhere.example")).isEqualTo(new NoMailHost(false));
        assertThat(servers.distrusted()).isEqualTo(1);
        dns.reset();
        assertThat(verdict(servers, "implicit.example")).isInstanceOf(ImplicitMx.class);
        assertThat(dns.count("implicit.example"))
                .as("the one that lies comes last")
                .isZero();
    }

    @Test
    void oneDeniedCanaryDoesNotMakeAServerUntrusted() {
        dns.behave("gmail.com", DnsBehaviour.nxdomain());
        DnsFailover servers = servers("gmail.com, outlook.com", dns);

        assertThat(verdict(servers, "nowhere.example")).isEqualTo(new NoMailHost(false));
        assertThat(verdict(servers, "gmail.com")).isEqualTo(new NoMailHost(false));
    }

    @Test
    void canariesWithoutAnAnswerDoNotMakeAServerUntrusted() {
        dns.behave("gmail.com", DnsBehaviour.servfail());

        assertThat(verdict(servers("gmail.com", dns), "nowhere.example")).isInstanceOf(Unknown.class);
        assertThat(verdict(servers("gmail.com, .", dns), "nowhere.example"))
                .as("the root exists")
                .isEqualTo(new NoMailHost(false));
        assertThat(verdict(servers("off", dns), "nowhere.example")).isEqualTo(new NoMailHost(false));
    }

    @Test
    void aTrustedServerStaysTrustedWhileTheCanariesAreNotAnswered() {
        DnsFailover servers = servers("gmail.com", dns);
        verdict(servers, "nowhere.example");
        dns.behave("gmail.com", DnsBehaviour.servfail());

        await().atMost(PATIENCE).until(() -> {
            assertThat(verdict(servers, "elsewhere.example")).isEqualTo(new NoMailHost(false));
            return dns.count("gmail.com") > 1;
        });
    }

    @Test
    void canariesAreNotQueriedForDomainsWithMxAndRarelyInAFlood() {
        DnsFailover servers = servers("gmail.com, outlook.com, .", dns);
        verdict(servers, "example.com");
        assertThat(dns.total()).isEqualTo(1);

        long begin = System.nanoTime();
        for (int name = 0; name < 500; name++) {
            verdict(servers, "n" + name + ".example");
        }
        long seconds = 1 + Duration.ofNanos(System.nanoTime() - begin).toSeconds();
        assertThat(dns.count("gmail.com")).isBetween(1L, 1 + seconds);
    }

    @Test
    void anInventedAddressIsIgnored() {
        dns.behave(".", DnsBehaviour.invent("192.0.2.99"));
        DnsFailover servers = servers("gmail.com, outlook.com", dns);

        assertThat(verdict(servers, "nowhere.example")).isInstanceOf(Unknown.class);
        assertThat(verdict(servers, "implicit.example")).isEqualTo(new ImplicitMx(List.of("192.0.2.1")));
        assertThat(verdict(servers, "example.com")).isInstanceOf(HasMx.class);
        assertThat(servers.redirecting()).isEqualTo(1);
        assertThat(servers.remarks()).singleElement().asString().contains("names that do not exist");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SERVFAIL", "REFUSED", "SILENCE"})
    void aServerWithoutAnswersIsUnusableAndNotUntrusted(DnsBehaviour.Fixed behaviour) {
        dns.behave(".", behaviour);
        for (String canaries : List.of("gmail.com, .", "off")) {
            DnsFailover servers = servers(canaries, dns);
            assertThat(servers.check().join()).singleElement().satisfies(report -> {
                assertThat(report.isUsable()).isFalse();
                assertThat(report.words())
                        .contains("no answer from 127.0.0.1:" + dns.address().getPort());
            });
            assertThat(servers.distrusted()).isZero();
        }
    }

    private DnsFailover servers(String canaries, LabDns... servers) {
        List<InetSocketAddress> addresses =
                Arrays.stream(servers).map(LabDns::address).toList();
        return new DnsFailover(
                        new DnsSettings(addresses, Duration.ofMillis(500), 2, DnsCanaries.parse(canaries)),
                        MemoryBudget.ofThisProcess())
                .on(loops);
    }

    private static DomainVerdict verdict(DnsFailover servers, String domain) {
        return new DnsDomainCheck(
                        servers,
                        new NonexistentDomains(SETTINGS, Ticker.systemTicker()),
                        SETTINGS,
                        Ticker.systemTicker())
                .verdict(new MailDomain(domain), ClientNetwork.OPERATOR)
                .toCompletableFuture()
                .join();
    }
}
