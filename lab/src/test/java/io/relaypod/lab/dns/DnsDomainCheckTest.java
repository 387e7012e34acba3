package io.relaypod.lab.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import com.github.benmanes.caffeine.cache.Ticker;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.dns.DnsFailover;
import io.relaypod.dns.DnsSettings;
import io.relaypod.dns.ObservedDns;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.verdict.DnsDomainCheck;
import io.relaypod.verdict.DomainVerdict;
import io.relaypod.verdict.DomainVerdict.HasMx;
import io.relaypod.verdict.DomainVerdict.ImplicitMx;
import io.relaypod.verdict.DomainVerdict.NoMailHost;
import io.relaypod.verdict.DomainVerdict.NullMx;
import io.relaypod.verdict.DomainVerdict.Unknown;
import io.relaypod.verdict.DomainVerdict.UnreachableMx;
import io.relaypod.verdict.DomainVerdict.UnusableImplicitMx;
import io.relaypod.verdict.MxSettings;
import io.relaypod.verdict.MxSettings.OnDnsFailure;
import io.relaypod.verdict.NonexistentDomains;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

/** The table of docs/mx-validation.md, and unusual answers of DNS servers. */
class DnsDomainCheckTest {

    private static final Duration TIMEOUT = Duration.ofMillis(500);
    private static final int TRIES = 2;
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
    /** Additional time for a busy machine. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private final Queue<String> events = new ConcurrentLinkedQueue<>();
    private final LabDns dns = LabDns.serving(
            """
            $ORIGIN example.
            $TTL 300
            @         IN SOA ns.example. admin.example. 1 3600 600 86400 60
            mx        IN MX  20 backup.mx
            mx        IN MX  10 first.mx
            mx        IN A   192.0.2.9
            a         IN A   192.0.2.1
            aaaa      IN AAAA 2001:db8::1
            both      IN A   192.0.2.1
            both      IN AAAA 2001:db8::1
            empty     IN TXT "no mail here"
            sub.deep  IN A   192.0.2.1
            null      IN MX  0 .
            null      IN A   192.0.2.1
            null10    IN MX  10 .
            nullplus  IN MX  0 .
            nullplus  IN MX  10 first.mx
            alias     IN CNAME mx
            alias2    IN CNAME alias
            aliasa    IN CNAME a
            aliasnull IN CNAME null
            dangling  IN CNAME nowhere
            out       IN CNAME mx.other.
            outgone   IN CNAME gone.other.
            round     IN CNAME about
            about     IN CNAME round
            self      IN CNAME self
            same      IN MX  10 z.same
            same      IN MX  10 a.same
            """,
            "mx.other. 300 IN MX 5 host.other.",
            "search.test. 300 IN SOA ns.search.test. admin.search.test. 1 3600 600 86400 60",
            "*.search.test. 300 IN MX 10 wrong.search.test.",
            mxRecords("many.test.", 100),
            "xn--bcher-kva.test. 300 IN MX 10 mx.test.");

    private final EventLoopGroup loops = new NioEventLoopGroup(2);
    private final DnsDomainCheck check = check(dns.address());

    @AfterEach
    void stop() {
        dns.close();
        loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }

    @Test
    void mxRecordsAreSortedByPreference() {
        assertThat(verdict("mx.example")).isEqualTo(new HasMx(List.of("first.mx.example", "backup.mx.example")));
        assertThat(dns.queries())
                .as("the addresses are not asked for")
                .containsOnly(Map.entry(new DnsQuestion("mx.example", "MX"), 1L));
    }

    @Test
    void recordsWithEqualPreferencesAreBothReturned() {
        assertThat(verdict("same.example"))
                .isInstanceOfSatisfying(
                        HasMx.class,
                        mx -> assertThat(mx.exchangers())
                                .containsExactlyInAnyOrder("a.same.example", "z.same.example"));
    }

    @Test
    void anAddressAloneIsAnImplicitMx() {
        assertThat(verdict("a.example")).isEqualTo(new ImplicitMx(List.of("192.0.2.1")));
        assertThat(verdict("aaaa.example")).isEqualTo(new ImplicitMx(List.of("2001:db8:0:0:0:0:0:1")));
        assertThat(verdict("both.example"))
                .as("whichever came first")
                .isIn(new ImplicitMx(List.of("192.0.2.1")), new ImplicitMx(List.of("2001:db8:0:0:0:0:0:1")));
    }

    @Test
    void withoutMxBothAddressTypesAreQueriedOnce() {
        verdict("empty.example");

        assertThat(dns.queries())
                .containsOnly(
                        Map.entry(new DnsQuestion("empty.example", "MX"), 1L),
                        Map.entry(new DnsQuestion("empty.example", "A"), 1L),
                        Map.entry(new DnsQuestion("empty.example", "AAAA"), 1L));
    }

    @Test
    void aNameThatDoesNotExistCostsOneQuery() {
        assertThat(verdict("gmial.com")).isEqualTo(new NoMailHost(false));
        assertThat(dns.queries()).containsOnly(Map.entry(new DnsQuestion("gmial.com", "MX"), 1L));
    }

    @Test
    void aNameWithNeitherMxNorAddressHasNoMailHost() {
        assertThat(verdict("empty.example")).isEqualTo(new NoMailHost(true));
        assertThat(dns.total()).isEqualTo(3);
    }

    @Test
    void anEmptyNonTerminalHasNoMailHost() {
        assertThat(verdict("deep.example")).isEqualTo(new NoMailHost(true));
    }

    @Test
    void aNullMxIsRefusedEvenIfTheDomainHasAnAddress() {
        assertThat(verdict("null.example")).isEqualTo(new NullMx());
        assertThat(dns.total()).isEqualTo(1);
    }

    @Test
    void anMxWithTheRootAsExchangerIsANullMxWithAnyPreference() {
        assertThat(verdict("null10.example")).isEqualTo(new NullMx());
    }

    @Test
    void aNullMxBesideAnotherMxIsIgnored() {
        // RFC 7505 section 3: a null MX is the only MX, or none.
        assertThat(verdict("nullplus.example")).isEqualTo(new HasMx(List.of("first.mx.example")));
    }

    @Test
    void aliasesAreFollowed() {
        HasMx mx = new HasMx(List.of("first.mx.example", "backup.mx.example"));
        assertThat(verdict("alias.example")).isEqualTo(mx);
        assertThat(verdict("alias2.example")).isEqualTo(mx);
        assertThat(verdict("aliasa.example")).isEqualTo(new ImplicitMx(List.of("192.0.2.1")));
        assertThat(verdict("aliasnull.example")).isEqualTo(new NullMx());
    }

    @Test
    void anAliasIsFollowedIntoAnotherZone() {
        assertThat(verdict("out.example")).isEqualTo(new HasMx(List.of("host.other")));
        assertThat(dns.count("mx.other", "MX")).isEqualTo(1);
    }

    @Test
    void anAliasToANameThatDoesNotExistDoesNotExist() {
        assertThat(verdict("dangling.example")).isEqualTo(new NoMailHost(false));
        assertThat(verdict("outgone.example")).isEqualTo(new NoMailHost(false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"round.example", "self.example"})
    void aLoopOfAliasesIsUnknown(String ring) {
        assertThat(verdict(ring)).isInstanceOf(Unknown.class);
        assertThat(dns.total()).isLessThan(50);
    }

    @Test
    void theCaseOfADomainIsIgnored() {
        assertThat(verdict("MX.eXample")).isEqualTo(new HasMx(List.of("first.mx.example", "backup.mx.example")));
    }

    @Test
    void anInternationalizedDomainIsQueriedByItsALabel() {
        assertThat(verdict("B\u00fccher.test")).isEqualTo(new HasMx(List.of("mx.test")));
    }

    @Test
    void ofAHundredMxRecordsTheBestAreReturned() {
        assertThat(verdict("many.test"))
                .isInstanceOfSatisfying(
                        HasMx.class,
                        mx -> assertThat(mx.exchangers())
                                .containsExactly(
                                        "mx0.many.test",
                                        "mx1.many.test",
                                        "mx2.many.test",
                                        "mx3.many.test",
                                        "mx4.many.test"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mx.example", "a.example", "null.example", "gmial.com", "empty.example"})
    void aTruncatedAnswerIsQueriedAgainOverTcp(String domain) {
        DomainVerdict whole = verdict(domain);
        dns.reset();
        dns.behave(".", DnsBehaviour.truncate());

        assertThat(verdict(check(dns.address()), domain)).isEqualTo(whole);
        assertThat(dns.count(domain, "MX")).as("by UDP and by TCP").isGreaterThanOrEqualTo(2);
    }

    @Test
    void aNodataAnswerWithoutSoaIsNodata() {
        dns.behave("empty.example", DnsBehaviour.nodataWithoutSoa());

        assertThat(verdict("empty.example")).isEqualTo(new NoMailHost(true));
        assertThat(dns.total()).isEqualTo(3);
    }

    @Test
    void anEmptyAnswerWithoutAuthorityIsNodataAsForStubResolvers() {
        dns.behave("empty.example", DnsBehaviour.lame());

        assertThat(verdict("empty.example")).isEqualTo(new NoMailHost(true));
    }

    @ParameterizedTest
    @EnumSource(
            value = DnsBehaviour.Fixed.class,
            names = {"SERVFAIL", "REFUSED", "SILENCE", "WRONG_ID", "GARBAGE"})
    void aFailedQueryIsUnknownWithinTheTimeLimit(DnsBehaviour.Fixed behaviour) {
        dns.behave("mx.example", behaviour);
        long begin = System.nanoTime();

        assertThat(verdict("mx.example"))
                .isInstanceOfSatisfying(
                        Unknown.class, unknown -> assertThat(unknown.reason()).isNotBlank());
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isLessThan(TIMEOUT.multipliedBy(TRIES).plus(SLACK));
        assertThat(dns.count("mx.example", "MX")).isBetween(1L, (long) TRIES);
        assertThat(dns.total()).as("nothing else is asked").isEqualTo(dns.count("mx.example", "MX"));
    }

    @ParameterizedTest
    @EnumSource(
            value = DnsBehaviour.Fixed.class,
            names = {"SERVFAIL", "REFUSED"})
    void theReasonNamesTheServersFailure(DnsBehaviour.Fixed behaviour) {
        dns.behave("mx.example", behaviour);

        assertThat(verdict("mx.example"))
                .isInstanceOfSatisfying(
                        Unknown.class, unknown -> assertThat(unknown.reason()).contains(behaviour.name()));
    }

    @Test
    void theReasonOfASilentServerIsATimeout() {
        dns.behave("mx.example", DnsBehaviour.silence());

        assertThat(verdict("mx.example"))
                .isInstanceOfSatisfying(
                        Unknown.class, unknown -> assertThat(unknown.reason()).containsIgnoringCase("time"));
        assertThat(dns.count("mx.example", "MX")).as("as many tries as are set").isEqualTo(TRIES);
    }

    @Test
    void aDelayedAnswerWithinTheTimeoutIsUsed() {
        dns.behave("mx.example", DnsBehaviour.delay(TIMEOUT.dividedBy(3)));

        assertThat(verdict("mx.example")).isInstanceOf(HasMx.class);
    }

    @Test
    void anUnreachableServerIsUnknownWithinTheTimeLimit() throws IOException {
        long begin = System.nanoTime();

        assertThat(verdict(check(nobody()), "mx.example")).isInstanceOf(Unknown.class);
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isLessThan(TIMEOUT.multipliedBy(TRIES).plus(SLACK));
    }

    @ParameterizedTest
    @EnumSource(
            value = DnsBehaviour.Fixed.class,
            names = {"SERVFAIL", "REFUSED", "SILENCE", "WRONG_ID", "GARBAGE"})
    void ifTheFirstServerFailsTheSecondIsQueried(DnsBehaviour.Fixed behaviour) {
        try (LabDns first = LabDns.serving("mx.example. IN A 192.0.2.1")) {
            first.behave("mx.example", behaviour);

            assertThat(verdict(check(first.address(), dns.address()), "mx.example"))
                    .isInstanceOf(HasMx.class);
            assertThat(first.total()).isPositive();
        }
    }

    @Test
    void ifTheFirstServerIsUnreachableTheSecondIsQueried() throws IOException {
        assertThat(verdict(check(nobody(), dns.address()), "mx.example")).isInstanceOf(HasMx.class);
    }

    @Test
    void onlyTheFirstServerIsQueriedWhileItAnswers() {
        try (LabDns second = LabDns.serving("mx.example. IN A 192.0.2.1")) {
            DnsDomainCheck both = check(dns.address(), second.address());
            for (int i = 0; i < 5; i++) {
                assertThat(verdict(both, "mx.example")).isInstanceOf(HasMx.class);
                assertThat(verdict(both, "gmial.com")).isEqualTo(new NoMailHost(false));
            }
            assertThat(second.total()).as("NXDOMAIN is an answer too").isZero();
        }
    }

    @Test
    void ifAllServersFailTheDomainIsUnknownWithinTheTimeLimit() {
        try (LabDns first = LabDns.serving("mx.example. IN A 192.0.2.1")) {
            first.behave(".", DnsBehaviour.silence());
            dns.behave(".", DnsBehaviour.silence());
            long begin = System.nanoTime();

            assertThat(verdict(check(first.address(), dns.address()), "mx.example"))
                    .isInstanceOf(Unknown.class);
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isLessThan(TIMEOUT.multipliedBy(2L * TRIES).plus(SLACK));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "AAAA"})
    void oneAddressTypeIsEnoughIfTheOtherFails(String failing) throws IOException {
        try (ScriptedDns relay = oneTypeFails(dns.address(), failing)) {
            assertThat(verdict(check(relay.address()), "both.example")).isInstanceOf(ImplicitMx.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "AAAA"})
    void withoutAddressAFailureOfEitherTypeIsUnknown(String failing) throws IOException {
        try (ScriptedDns relay = oneTypeFails(dns.address(), failing)) {
            assertThat(verdict(check(relay.address()), "empty.example")).isInstanceOf(Unknown.class);
        }
    }

    @Test
    void searchDomainsAreNotUsed() {
        String before = System.setProperty("dns.search", "search.test");
        try {
            DnsDomainCheck inACluster = check(dns.address());
            assertThat(verdict(inACluster, "gmial.com")).isEqualTo(new NoMailHost(false));
            assertThat(verdict(inACluster, "single")).isEqualTo(new NoMailHost(false));
            assertThat(dns.queries())
                    .containsOnlyKeys(new DnsQuestion("gmial.com", "MX"), new DnsQuestion("single", "MX"));
        } finally {
            if (before == null) {
                System.clearProperty("dns.search");
            } else {
                System.setProperty("dns.search", before);
            }
        }
    }

    @Test
    void theHostsFileIsNotUsed() {
        assertThat(verdict("localhost")).isEqualTo(new NoMailHost(false));
        assertThat(dns.count("localhost", "MX")).isEqualTo(1);
    }

    @Test
    void answersAreNotCachedBetweenLookups() {
        verdict("mx.example");
        dns.serve("mx.example. IN A 192.0.2.7");

        assertThat(verdict("mx.example")).isEqualTo(new ImplicitMx(List.of("192.0.2.7")));
    }

    @Test
    void aSilentDomainDelaysNoOther() {
        dns.behave("silent.test", DnsBehaviour.silence());
        List<CompletableFuture<DomainVerdict>> silent = IntStream.range(0, 200)
                .mapToObj(i -> check.verdict(new MailDomain("d" + i + ".silent.test"), ClientNetwork.OPERATOR)
                        .toCompletableFuture())
                .toList();

        long begin = System.nanoTime();
        assertThat(verdict("mx.example")).isInstanceOf(HasMx.class);
        Duration took = Duration.ofNanos(System.nanoTime() - begin);

        assertThat(silent).anyMatch(question -> !question.isDone());
        assertThat(took).isLessThan(TIMEOUT.multipliedBy(TRIES));
        assertThat(silent).allSatisfy(question -> assertThat(question.join()).isInstanceOf(Unknown.class));
    }

    @Test
    void aServerThatCannotBeReachedCountsAsFailed() {
        InetSocketAddress noAddress = InetSocketAddress.createUnresolved("nowhere.invalid", 53);
        dns.behave("silent.test", DnsBehaviour.silence());

        assertThat(check(noAddress, dns.address())
                        .verdict(new MailDomain("mx.example"), ClientNetwork.OPERATOR)
                        .toCompletableFuture())
                .succeedsWithin(SLACK)
                .isInstanceOf(HasMx.class);
        assertThat(check(dns.address(), noAddress)
                        .verdict(new MailDomain("silent.test"), ClientNetwork.OPERATOR)
                        .toCompletableFuture())
                .succeedsWithin(TIMEOUT.multipliedBy(2L * TRIES + 1).plus(SLACK))
                .isInstanceOf(Unknown.class);
    }

    @Test
    void theLongestNameCanBeQueried() {
        String longest = ("a".repeat(63) + ".").repeat(3) + "b".repeat(61);

        assertThat(verdict(longest)).isEqualTo(new NoMailHost(false));
    }

    @Test
    void theListenerGetsTypeAndOutcomeOfEachQuery() {
        verdict("mx.example");
        verdict("a.example");
        verdict("nothing-of-that-name.example");

        assertThat(events).contains("MX FOUND", "MX NO_RECORDS", "A FOUND", "MX NO_SUCH_DOMAIN");
    }

    @Test
    void theListenerGetsATimeoutForASilentServer() {
        dns.behave("mx.example", DnsBehaviour.silence());
        verdict("mx.example");

        assertThat(events).containsExactly("MX TIMEOUT");
    }

    @ParameterizedTest
    @EnumSource(
            value = DnsBehaviour.Fixed.class,
            names = {
                "EDNS_FORMERR",
                "EDNS_FORMERR_BARE",
                "EDNS_FORMERR_ECHO",
                "EDNS_NOTIMP",
                "EDNS_BADVERS",
                "EDNS_SERVFAIL",
                "EDNS_SILENCE"
            })
    void aServerThatRejectsEdnsIsQueriedWithoutEdns(DnsBehaviour.Fixed behaviour) {
        dns.behave(".", behaviour);
        DnsFailover servers = servers(dns.address());
        DnsDomainCheck old = check(servers);

        assertThat(verdict(old, "mx.example")).isInstanceOf(HasMx.class);
        assertThat(servers.remarks()).singleElement().asString().contains("without EDNS");
        dns.reset();
        assertThat(verdict(old, "gmial.com")).isEqualTo(new NoMailHost(false));
        assertThat(dns.total()).as("that is remembered").isEqualTo(1);
    }

    @Test
    void aServerThatSupportsEdnsIsNotTakenForOneThatRejectsIt() {
        dns.behave("silent.test", DnsBehaviour.silence());
        dns.behave("servfail.test", DnsBehaviour.servfail());
        DnsFailover servers = servers(dns.address());
        DnsDomainCheck modern = check(servers);

        verdict(modern, "silent.test");
        verdict(modern, "servfail.test");
        verdict(modern, "mx.example");
        verdict(modern, "silent.test");
        assertThat(servers.remarks()).noneMatch(remark -> remark.contains("without EDNS"));
    }

    @ParameterizedTest
    @EnumSource(
            value = DnsBehaviour.Fixed.class,
            names = {"OPT_IN_ANSWER", "ONLY_IN_ADDITIONAL"})
    void recordsOutsideTheAnswerSectionAreIgnored(DnsBehaviour.Fixed behaviour) {
        dns.behave("mx.example", behaviour);

        assertThat(verdict("mx.example")).isInstanceOf(Unknown.class);
    }

    @Test
    void anMxInTheFirstPartOfATruncatedAnswerIsEnoughWhenTcpIsSilent() {
        dns.behave("mx.example", DnsBehaviour.truncatePart());
        dns.behave("gmial.com", DnsBehaviour.truncatePart());

        assertThat(verdict(
                        check(new DnsFailover(
                                        new DnsSettings(List.of(dns.address()), Duration.ofSeconds(1), 5),
                                        MemoryBudget.ofThisProcess())
                                .on(loops)),
                        "mx.example"))
                .isInstanceOf(HasMx.class);
        assertThat(verdict("gmial.com"))
                .as("nothing came that mail can be sent by")
                .isInstanceOf(Unknown.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "AAAA"})
    void oneAddressTypeIsEnoughIfTheOtherIsNotAnswered(String silent) {
        dns.behave("both.example", DnsBehaviour.silentFor(silent));
        CompletableFuture<DomainVerdict> verdict = check(new DnsFailover(
                                new DnsSettings(List.of(dns.address()), Duration.ofMinutes(5), TRIES),
                                MemoryBudget.ofThisProcess())
                        .on(loops))
                .verdict(new MailDomain("both.example"), ClientNetwork.OPERATOR)
                .toCompletableFuture();

        assertThat(verdict).succeedsWithin(Duration.ofSeconds(20)).isInstanceOf(ImplicitMx.class);
        assertThat(events)
                .as("the other query was cancelled")
                .containsExactlyInAnyOrder("MX NO_RECORDS", silent.equals("A") ? "AAAA FOUND" : "A FOUND");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "0.0.0.0", "127.0.53.53", "169.254.0.1", "255.255.255.255"})
    void anImplicitMxWithAnUnusableAddressIsNoMailHost(String address) {
        dns.serve("parked.test. 300 IN A " + address, "parked.test. 300 IN AAAA ::ffff:" + address);

        assertThat(verdict("parked.test")).isInstanceOf(UnusableImplicitMx.class);
        dns.serve("parked.test. 300 IN A " + address, "parked.test. 300 IN A 10.0.0.1");
        assertThat(verdict("parked.test")).isEqualTo(new ImplicitMx(List.of("10.0.0.1")));
    }

    @Test
    void anUnusableAddressWithAnUnansweredQueryIsUnknown() {
        dns.serve("half.test. 300 IN A 127.0.0.1");
        dns.behave("half.test", DnsBehaviour.silentFor("AAAA"));

        assertThat(verdict("half.test")).isInstanceOf(Unknown.class);
    }

    @Test
    void addressesOfUnusableMailHostsAreNotQueried() {
        dns.serve(
                "bad.test. 300 IN MX 10 localhost.",
                "bad.test. 300 IN MX 5 0.0.0.0.",
                "bad.test. 300 IN MX 5 .",
                "good.test. 300 IN MX 1 localhost.",
                "good.test. 300 IN MX 10 mx.good.test.");

        assertThat(verdict("bad.test")).isEqualTo(new UnreachableMx(List.of("0.0.0.0", "localhost")));
        assertThat(verdict("good.test")).isEqualTo(new HasMx(List.of("mx.good.test")));
        assertThat(dns.total()).isEqualTo(2);
    }

    @Test
    void ofThousandsOfMxRecordsAFewAreStored() {
        String below = "." + ("x".repeat(60) + ".").repeat(3) + "huge.test.";
        DnsDomainCheck patient = check(new DnsFailover(
                        new DnsSettings(List.of(dns.address()), Duration.ofSeconds(30), 1),
                        MemoryBudget.ofThisProcess())
                .on(loops));
        dns.serve(IntStream.range(0, 2_800)
                .mapToObj(i -> "huge.test. 300 IN MX " + i + " m" + i + below)
                .collect(Collectors.joining("\n")));

        assertThat(verdict(patient, "huge.test"))
                .isInstanceOfSatisfying(
                        HasMx.class, mx -> assertThat(mx.exchangers()).hasSize(5));
    }

    private DomainVerdict verdict(String domain) {
        return verdict(check, domain);
    }

    private static DomainVerdict verdict(DnsDomainCheck check, String domain) {
        return check.verdict(MailDomain.parse(domain).orElseThrow(), ClientNetwork.OPERATOR)
                .toCompletableFuture()
                .join();
    }

    private DnsDomainCheck check(InetSocketAddress... servers) {
        return check(servers(servers));
    }

    private DnsFailover servers(InetSocketAddress... servers) {
        return new DnsFailover(new DnsSettings(List.of(servers), TIMEOUT, TRIES), MemoryBudget.ofThisProcess())
                .on(loops);
    }

    private DnsDomainCheck check(DnsFailover servers) {
        return new DnsDomainCheck(
                new ObservedDns(servers, (type, outcome, took) -> events.add(type + " " + outcome)),
                new NonexistentDomains(SETTINGS, Ticker.systemTicker()),
                SETTINGS,
                Ticker.systemTicker());
    }

    private static InetSocketAddress nobody() throws IOException {
        try (DatagramSocket closed = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), closed.getLocalPort());
        }
    }

    private static String mxRecords(String owner, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> owner + " 300 IN MX " + i + " mx" + i + "." + owner)
                .collect(Collectors.joining("\n"));
    }

    /** A server that answers as another one, but with SERVFAIL for one type. */
    private static ScriptedDns oneTypeFails(InetSocketAddress upstream, String failing) throws IOException {
        SimpleResolver resolver = new SimpleResolver(upstream);
        return new ScriptedDns(query -> List.of(
                query.getQuestion().getType() == Type.value(failing)
                        ? reply(query, query.getHeader().getID(), query.getQuestion(), Rcode.SERVFAIL)
                        : resolver.send(query)));
    }

    private static Message reply(Message query, int id, Record question, int rcode, Record... records) {
        Message reply = new Message(id);
        reply.getHeader().setFlag(Flags.QR);
        reply.getHeader().setRcode(rcode);
        reply.addRecord(question, Section.QUESTION);
        Arrays.stream(records).forEach(record -> reply.addRecord(record, Section.ANSWER));
        return reply;
    }

    /** A server that sends the answers of a script, in order. */
    private static final class ScriptedDns implements AutoCloseable {

        private final DatagramSocket socket;
        private final AnswerScript script;

        interface AnswerScript {
            List<Message> answers(Message query) throws IOException;
        }

        ScriptedDns(AnswerScript script) throws IOException {
            this.socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
            this.script = script;
            Thread thread = new Thread(this::serve, "scripted-dns");
            thread.setDaemon(true);
            thread.start();
        }

        InetSocketAddress address() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
        }

        private void serve() {
            byte[] buffer = new byte[4096];
            while (!socket.isClosed()) {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                try {
                    socket.receive(packet);
                    for (Message message : script.answers(new Message(Arrays.copyOf(buffer, packet.getLength())))) {
                        byte[] answer = message.toWire();
                        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                    }
                } catch (IOException closed) {
                    // closed, which ends the loop
                }
            }
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
