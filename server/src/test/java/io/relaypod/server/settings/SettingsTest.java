package io.relaypod.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import io.relaypod.address.EmailAddress;
import io.relaypod.verdict.MxSettings.OnDnsFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

    private static final Path SHIPPED_CONF = Path.of("../james-conf");

    @TempDir
    private Path dataDir;

    @Test
    void oneAddressHasAQuarterOfTheConnectionsUnlessItIsSaid() {
        assertThat(ClientLimits.shareOf(1_000)).isEqualTo(250);
        assertThat(ClientLimits.shareOf(50)).isEqualTo(20);
        assertThat(ClientLimits.shareOf(2)).isEqualTo(2);
    }

    @Test
    void withNothingSetTheDefaultsHold() {
        Settings settings = settings(Map.of());

        assertThat(settings.listen()).isEqualTo(new ListenAddress("0.0.0.0", 25));
        assertThat(settings.upstreamHost()).isEqualTo("127.0.0.1");
        assertThat(settings.upstreamPort()).isEqualTo(1025);
        assertThat(settings.relayNetworks().networks())
                .containsExactly(
                        "127.0.0.0/8",
                        "::1/128",
                        "10.0.0.0/8",
                        "172.16.0.0/12",
                        "192.168.0.0/16",
                        "100.64.0.0/10",
                        "fc00::/7",
                        "fe80::/10");
        assertThat(settings.maxMessageSize()).isEqualTo(3_000 * 1024);
        assertThat(settings.graph().maxMessageSize()).isEqualTo(3 * 1024 * 1024);
        assertThat(settings.graph().mailboxes().isEmpty()).isTrue();
        assertThat(settings.calendar()).isEqualTo(new CalendarSettings(List.of(), "listed", false));
        assertThat(settings.dns().servers()).isNotEmpty();
        assertThat(settings.dns().timeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.dns().tries()).isEqualTo(2);
        assertThat(settings.mx().cacheTtl()).isEqualTo(Duration.ofHours(1));
        assertThat(settings.mx().cacheSize()).isEqualTo(100_000);
        assertThat(settings.mx().onDnsFailure()).isEqualTo(OnDnsFailure.TRY_LATER);
        assertThat(settings.mx().allowAddressLiterals()).isFalse();
        assertThat(settings.metrics())
                .contains(new MonitoringSettings(new ListenAddress("0.0.0.0", 9090), 64, Duration.ofSeconds(10)));
        assertThat(settings.webadmin())
                .contains(new WebAdminSettings(
                        new ListenAddress("127.0.0.1", 8000),
                        Optional.empty(),
                        settings.dataDir().resolve("webadmin-password"),
                        Set.of()));
    }

    @ParameterizedTest
    @EnumSource(Variable.class)
    void theDefaultOfEachVariableParses(Variable variable) {
        // Where things are is the machine's business; all else has to hold anywhere.
        if (variable != Variable.DATA_DIR && variable != Variable.JAMES_CONF) {
            assertThat(settings(Map.of(variable.name(), variable.defaultValue())))
                    .isEqualTo(settings(Map.of()));
        } else {
            assertThat(Path.of(variable.defaultValue())).isAbsolute();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Variable.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"DATA_DIR", "JAMES_CONF"})
    void aBlankVariableIsAnAbsentOne(Variable variable) {
        assertThat(settings(Map.of(variable.name(), "  "))).isEqualTo(settings(Map.of()));
        assertThat(settings(Map.of(variable.name(), ""))).isEqualTo(settings(Map.of()));
    }

    @Test
    void blanksAroundAValueDoNotCount() {
        assertThat(settings(Map.of("UPSTREAM_PORT", " 2525 ")).upstreamPort()).isEqualTo(2525);
    }

    @Test
    void variablesOfOthersDoNotMatter() {
        assertThat(settings(Map.of("PATH", "/bin", "LISTEN", "nonsense"))).isEqualTo(settings(Map.of()));
    }

    static Stream<Arguments> wrongValues() {
        Map<Variable, List<String>> wrong = Map.ofEntries(
                Map.entry(
                        Variable.LISTEN_ADDR,
                        List.of(
                                "25",
                                "localhost",
                                ":",
                                ":smtp",
                                ":65536",
                                ":-1",
                                "[::1]:25",
                                "a b:25",
                                "host:25:26",
                                "*:25")),
                Map.entry(
                        Variable.UPSTREAM_HOST,
                        List.of(
                                "two words",
                                "http://mailpit",
                                "mailpit:1025",
                                "a,b",
                                "::1",
                                "-x",
                                "user@host",
                                "host/path")),
                Map.entry(Variable.UPSTREAM_PORT, List.of("0", "65536", "-1", "smtp", "10.25", "1025x", "9999999999")),
                Map.entry(
                        Variable.RELAY_NETWORKS,
                        List.of(
                                "foo",
                                "10.0.0.0/33",
                                "10.0.0.0/-1",
                                "10.0.0.0/",
                                "10.0.0.0/8/8",
                                "10.0.0/8",
                                "fc00::/129",
                                "10.0.0.0/255.0.0.0",
                                "*",
                                "any",
                                ",",
                                ", ,",
                                "10.0.0.0/8,foo",
                                "example.com",
                                "10.0.0.256",
                                "10.0.0.0/x",
                                "/8",
                                "10.0.0.0/+8",
                                "fe80::1%eth0/10",
                                "[::1]")),
                Map.entry(Variable.MAX_CONNECTIONS, List.of("0", "100001", "many")),
                Map.entry(Variable.MAX_CONNECTIONS_PER_IP, List.of("0", "100001", "-5")),
                Map.entry(Variable.IDLE_TIMEOUT, List.of("0s", "-5m", "never")),
                Map.entry(Variable.BARE_NEWLINE, List.of("accept", "REFUSE", "true")),
                Map.entry(Variable.MAX_BAD_RCPTS, List.of("-1", "1000001", "few")),
                Map.entry(Variable.DNS_MAX_INFLIGHT, List.of("0", "100001", "x")),
                Map.entry(Variable.MX_STALE_TTL, List.of("0s", "-1h", "long")),
                Map.entry(Variable.MX_VERIFY_TARGETS, List.of("1", "yes")),
                Map.entry(Variable.MX_SUGGEST, List.of("maybe", "off")),
                Map.entry(
                        Variable.MAX_MESSAGE_SIZE,
                        List.of("-1", "3MB", "3 M", "3T", "M", "1.5M", "unlimited", "9999999999999", "0x10")),
                Map.entry(
                        Variable.STRIP_ICS_RECIPIENTS,
                        List.of(
                                "somebody",
                                "a@b@c",
                                "a b@example.com",
                                "@",
                                "a@",
                                "a@-example.com",
                                "ok@example.com,nobody")),
                Map.entry(
                        Variable.DNS_SERVERS,
                        List.of(
                                "dns.example.com",
                                "127.0.0.1:0x35",
                                "127.0.0.1:65536",
                                "127.0.0.1:0",
                                "[::1]:0",
                                "127.0.0.1:-1",
                                "127.0.0.1,",
                                ",",
                                "::1:53:53:x",
                                "[::1",
                                "1.2.3")),
                Map.entry(
                        Variable.DNS_CANARIES,
                        List.of(",", "gmail.com,", "a..b", "gmail.com outlook.com", "off,gmail.com", "..")),
                Map.entry(Variable.DNS_TIMEOUT, List.of("0", "0s", "-1s", "soon", "2 parsecs", "2", "2000")),
                Map.entry(Variable.DNS_TRIES, List.of("0", "11", "-1", "two", "1.5")),
                Map.entry(Variable.MX_CACHE_TTL, List.of("0s", "-1h", "for ever", "3600")),
                Map.entry(Variable.MX_CACHE_SIZE, List.of("0", "-1", "100000001", "many")),
                Map.entry(Variable.MX_ON_DNS_FAILURE, List.of("refuse", "451", "ACCEPTED")),
                Map.entry(Variable.ALLOW_ADDRESS_LITERALS, List.of("yes", "1", "on", "truee")),
                Map.entry(Variable.METRICS_MAX_CONNECTIONS, List.of("3", "10001", "many")),
                Map.entry(Variable.METRICS_TIMEOUT, List.of("0s", "10", "-1s")),
                Map.entry(Variable.METRICS_ADDR, List.of("9090", ":http", "[::1]:9090")),
                Map.entry(Variable.WEBADMIN_ADDR, List.of("127.0.0.1", "on", "[::1]:8000", "localhost:http")));
        return wrong.entrySet().stream()
                .flatMap(entry -> entry.getValue().stream().map(value -> Arguments.of(entry.getKey(), value)));
    }

    @ParameterizedTest
    @MethodSource("wrongValues")
    void aWrongValueIsToldWithItsNameAndWhatWasExpected(Variable variable, String value) {
        assertThatThrownBy(() -> settings(Map.of(variable.name(), value)))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessage(
                        "wrong configuration:\n  " + variable + " is '" + value + "'; expected " + variable.expected());
    }

    @Test
    void allWrongValuesAreToldAtOnce() {
        assertThatThrownBy(() -> settings(Map.of(
                        "LISTEN_ADDR",
                        "25",
                        "UPSTREAM_PORT",
                        "0",
                        "DNS_TRIES",
                        "eleven",
                        "MX_CACHE_TTL",
                        "never",
                        "UPSTREAM_HOST",
                        "mailpit")))
                .isInstanceOf(InvalidSettingsException.class)
                .message()
                .satisfies(message -> assertThat(message.lines()).hasSize(5))
                .contains(
                        "LISTEN_ADDR is '25'",
                        "UPSTREAM_PORT is '0'",
                        "DNS_TRIES is 'eleven'",
                        "MX_CACHE_TTL is 'never'")
                .doesNotContain("UPSTREAM_HOST");
    }

    @ParameterizedTest
    @CsvSource({
        ":25, 0.0.0.0:25",
        "0.0.0.0:2525, 0.0.0.0:2525",
        "[::]:25, 0.0.0.0:25",
        "localhost:0, localhost:0",
        "127.0.0.1:2500, 127.0.0.1:2500",
        "mail.example.com:25, mail.example.com:25"
    })
    void theListenAddressIsWrittenAsGoProgramsDo(String written, String forJames) {
        Settings settings = settings(Map.of("LISTEN_ADDR", written));

        assertThat(settings.listen()).hasToString(forJames);
        assertThat(settings.forJames()).containsEntry(Variable.LISTEN_ADDR, forJames);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "1,1", "3145728,3145728", "3M,3145728", "3m,3145728", "10K,10240", "10k,10240", "2G,2147483648"})
    void sizesAreBytesOrHaveAUnit(String written, long bytes) {
        Settings settings = settings(Map.of("MAX_MESSAGE_SIZE", written));

        assertThat(settings.maxMessageSize()).isEqualTo(bytes);
        assertThat(settings.forJames()).containsEntry(Variable.MAX_MESSAGE_SIZE, bytes + "B");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.0/8",
                "10.1.2.3",
                "0.0.0.0/0",
                "::/0",
                "2001:db8::1",
                "192.168.0.0/16,10.0.0.0/8",
                "10.0.0.0/8 192.168.0.0/16",
                "10.0.0.0/32",
                "fc00::/128"
            })
    void networksAreTakenAsWritten(String written) {
        assertThat(settings(Map.of("RELAY_NETWORKS", written)).forJames())
                .containsEntry(Variable.RELAY_NETWORKS, written.replace(' ', ','));
    }

    @Test
    void aWrongNetworkAmongGoodOnesStopsTheStart() {
        // James would log it and go on without it: a network that its owner believes to be let in is not.
        assertThatThrownBy(() -> settings(Map.of("RELAY_NETWORKS", "10.0.0.0/8, 192.168.0.0/33")))
                .hasMessageContaining("192.168.0.0/33");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t\n"})
    void leavingTheNetworksOutDoesNotOpenTheRelay(String blank) {
        assertThat(settings(Map.of("RELAY_NETWORKS", blank)).relayNetworks().networks())
                .doesNotContain("0.0.0.0/0", "::/0")
                .containsExactlyElementsOf(settings(Map.of()).relayNetworks().networks());
    }

    static Stream<Arguments> dnsServers() {
        return Stream.of(
                Arguments.of("192.0.2.53", List.of(new InetSocketAddress("192.0.2.53", 53))),
                Arguments.of("192.0.2.53:5353", List.of(new InetSocketAddress("192.0.2.53", 5353))),
                Arguments.of(
                        "192.0.2.53, 192.0.2.54:54",
                        List.of(new InetSocketAddress("192.0.2.53", 53), new InetSocketAddress("192.0.2.54", 54))),
                Arguments.of("[::1]:53", List.of(new InetSocketAddress("::1", 53))),
                Arguments.of("[::1]", List.of(new InetSocketAddress("::1", 53))),
                Arguments.of("::1", List.of(new InetSocketAddress("::1", 53))),
                Arguments.of("[2001:db8::53]:5353", List.of(new InetSocketAddress("2001:db8::53", 5353))));
    }

    @ParameterizedTest
    @MethodSource("dnsServers")
    void dnsServersAreAddressesWithOrWithoutAPort(String written, List<InetSocketAddress> servers) {
        assertThat(settings(Map.of("DNS_SERVERS", written)).dns().servers())
                .isEqualTo(servers)
                .noneMatch(InetSocketAddress::isUnresolved);
    }

    @ParameterizedTest
    @CsvSource({"2s,2000", "500ms,500", "1 minute,60000"})
    void durationsHaveAUnit(String written, long millis) {
        assertThat(settings(Map.of("DNS_TIMEOUT", written)).dns().timeout()).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:8000, 127.0.0.1, 8000",
        "localhost:8001, localhost, 8001",
        "127.0.0.2:0, 127.0.0.2, 0",
        ":8000, 0.0.0.0, 8000"
    })
    void webadminAsksForAPasswordOfItsOwnUnlessItIsGivenOne(String written, String host, int port) throws Exception {
        WebAdminSettings own =
                settings(Map.of("WEBADMIN_ADDR", written)).webadmin().orElseThrow();
        assertThat(own.address()).isEqualTo(new ListenAddress(host, port));
        assertThat(own.credentials()).isEqualTo(dataDir.resolve("webadmin-password"));

        Path password = Files.writeString(dataDir.resolve("password"), "correct horse\n");
        assertThat(settings(Map.of("WEBADMIN_ADDR", written, "WEBADMIN_PASSWORD_FILE", password.toString()))
                        .webadmin()
                        .orElseThrow()
                        .credentials())
                .isEqualTo(password);
        Files.delete(password);
    }

    @Test
    void operatorsMayReachWebadminByFurtherNames() {
        assertThat(settings(Map.of(
                                "WEBADMIN_ADDR",
                                "relay.internal:8000",
                                "WEBADMIN_HOSTS",
                                "relaypod.mail.svc, relaypod"))
                        .webadmin()
                        .orElseThrow()
                        .names())
                .containsExactlyInAnyOrder("relay.internal", "relaypod.mail.svc", "relaypod");
        assertThatThrownBy(() -> settings(Map.of("WEBADMIN_HOSTS", "a b, *")))
                .hasMessageContaining("WEBADMIN_HOSTS is 'a b, *'; expected host names");
    }

    @Test
    void aPasswordFileHasToHaveAPassword() throws Exception {
        assertThatThrownBy(() -> settings(Map.of("WEBADMIN_PASSWORD_FILE", "/nowhere/password")))
                .hasMessageContaining("it cannot be read");

        Path password = Files.writeString(dataDir.resolve("password"), "short\n");
        assertThatThrownBy(() -> settings(Map.of("WEBADMIN_PASSWORD_FILE", password.toString())))
                .hasMessageContaining("fewer than 8 characters");
        Files.delete(password);
    }

    @ParameterizedTest
    @CsvSource({
        "TRACE_MAX_SIZE,10",
        "TRACE_MAX_SIZE,-1",
        "TRACE_MAX_AGE,0s",
        "FAILED_MAX_AGE,5",
        "FAILED_MAX_SIZE,0",
        "LOG_FORMAT,xml",
        "LOG_ADDRESSES,yes"
    })
    void whatIsRememberedKeptAndLoggedHasToBeWellFormed(String variable, String written) {
        assertThatThrownBy(() -> settings(Map.of(variable, written)))
                .hasMessageContaining(variable + " is '" + written + "'; expected ");
    }

    @ParameterizedTest
    @CsvSource({
        ":1025, 127.0.0.1",
        ":1025, localhost",
        ":1025, 0.0.0.0",
        "127.0.0.1:1025, 127.0.0.1",
        "localhost:1025, 0.0.0.0"
    })
    void aGatewayThatIsTheRelayItselfStopsTheStart(String listen, String upstream) {
        assertThatThrownBy(() -> settings(Map.of("LISTEN_ADDR", listen, "UPSTREAM_HOST", upstream)))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessageContaining("UPSTREAM_PORT")
                .hasMessageContaining(upstream + ":1025 is this relay itself");
    }

    @ParameterizedTest
    @CsvSource({":25, 127.0.0.1", "127.0.0.2:1025, 127.0.0.1", ":1025, 192.0.2.1", ":1025, no-such-host.invalid"})
    void anotherGatewayIsTaken(String listen, String upstream) {
        assertThat(settings(Map.of("LISTEN_ADDR", listen, "UPSTREAM_HOST", upstream))
                        .upstreamHost())
                .isEqualTo(upstream);
    }

    @ParameterizedTest
    @CsvSource({"WEBADMIN_PASSWORD_FILE", "QUEUE_PASSWORD_FILE"})
    void aPlaceholderIsNoPassword(String variable) throws Exception {
        Path file = Files.writeString(dataDir.resolve("password"), "CHANGE-ME\n");

        assertThatThrownBy(() -> settings(Map.of(variable, file.toString(), "QUEUE_URL", "tcp://broker:61616")))
                .hasMessageContaining(variable + " is '" + file + "'; ")
                .hasMessageContaining("still has the placeholder CHANGE-ME");
    }

    @Test
    void webadminCanBeOff() {
        assertThat(settings(Map.of("WEBADMIN_ADDR", "off")).webadmin()).isEmpty();
    }

    @Test
    void recipientsWithoutCalendarsAreLowerCaseAddressesAndDomains() {
        assertThat(settings(Map.of("STRIP_ICS_RECIPIENTS", "Boss@Example.com, @Example.org ,"))
                        .calendar()
                        .recipients())
                .containsExactly("boss@example.com", "@example.org");
    }

    @Test
    void calendarsAndSendersCanBeSet() {
        Settings settings = settings(Map.of(
                "STRIP_ICS_MODE",
                "auto",
                "CALENDAR_SUMMARY",
                "true",
                "SENDER_MAILBOXES",
                "Cal@Example.com, @example.org",
                "GRAPH_MAX_MESSAGE_SIZE",
                "0"));

        assertThat(settings.calendar()).isEqualTo(new CalendarSettings(List.of(), "auto", true));
        assertThat(settings.graph().mailboxes().contains(EmailAddress.of("cal", "example.com")))
                .isTrue();
        assertThat(settings.graph().mailboxes().contains(EmailAddress.of("any", "example.org")))
                .isTrue();
        assertThat(settings.graph().maxMessageSize()).isZero();
        assertThat(settings.forJames())
                .containsEntry(Variable.STRIP_ICS_MODE, "auto")
                .containsEntry(Variable.CALENDAR_SUMMARY, "true");
    }

    @Test
    void blindRecipientsGetCopiesOfTheirOwnUnlessToldOtherwise() {
        assertThat(settings(Map.of()).forJames()).containsEntry(Variable.BLIND_COPIES, "own");
        assertThat(settings(Map.of("BLIND_COPIES", "together")).forJames())
                .containsEntry(Variable.BLIND_COPIES, "together");
        assertThatThrownBy(() -> settings(Map.of("BLIND_COPIES", "hidden")))
                .hasMessageContaining("BLIND_COPIES")
                .hasMessageContaining("own or together");
    }

    @Test
    void acceptingDnsFailuresHasToBeAskedFor() {
        assertThat(settings(Map.of("MX_ON_DNS_FAILURE", "accept")).mx().onDnsFailure())
                .isEqualTo(OnDnsFailure.ACCEPT);
        assertThat(settings(Map.of("ALLOW_ADDRESS_LITERALS", "true")).mx().allowAddressLiterals())
                .isTrue();
    }

    @Test
    void aDataDirectoryCanBeMadeLater() {
        assertThat(settings(Map.of("DATA_DIR", dataDir.resolve("a/b/c").toString()))
                        .dataDir())
                .isEqualTo(dataDir.resolve("a/b/c"));
    }

    @Test
    void aDataDirectoryBelowAFileIsRefused() throws Exception {
        Path file = Files.createFile(dataDir.resolve("file"));

        assertThatThrownBy(
                        () -> settings(Map.of("DATA_DIR", file.resolve("data").toString())))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessageContainingAll(
                        "DATA_DIR is '" + file.resolve("data") + "'",
                        file + " is no directory",
                        Variable.DATA_DIR.expected());
    }

    @Test
    void jamesConfHasToHoldBothFiles() throws Exception {
        Files.createFile(dataDir.resolve("smtpserver.xml"));

        assertThatThrownBy(() -> settings(Map.of("JAMES_CONF", dataDir.toString())))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessageContainingAll(
                        "JAMES_CONF is '" + dataDir + "'",
                        "mailetcontainer.xml cannot be read there",
                        Variable.JAMES_CONF.expected())
                .message()
                .doesNotContain("smtpserver.xml cannot");
    }

    @Test
    void relativeDirectoriesAreFromHere() {
        assertThat(settings(Map.of()).jamesConf()).isAbsolute().endsWith(SHIPPED_CONF.getFileName());
    }

    @Test
    void theRcptRuleNeedsNeitherDirectoriesNorAddresses() {
        RcptSettings settings = RcptSettings.from(Map.of(
                "LISTEN_ADDR",
                "nonsense",
                "DATA_DIR",
                "/proc/nowhere",
                "DNS_SERVERS",
                "192.0.2.53",
                "MX_ON_DNS_FAILURE",
                "accept"));

        assertThat(settings.dns().servers()).containsExactly(new InetSocketAddress("192.0.2.53", 53));
        assertThat(settings.mx().onDnsFailure()).isEqualTo(OnDnsFailure.ACCEPT);
        assertThatThrownBy(() -> RcptSettings.from(Map.of("DNS_TRIES", "0"))).hasMessageContaining("DNS_TRIES is '0'");
    }

    @Test
    void whatIsTextForPeopleHasNoStackTraceInIt() {
        Throwable wrong = catchThrowable(() -> settings(Map.of("RELAY_NETWORKS", "foo")));

        assertThat(wrong).hasNoCause();
        assertThat(wrong.getMessage()).doesNotContain("Exception");
    }

    private Settings settings(Map<String, String> variables) {
        Map<String, String> all =
                new HashMap<>(Map.of("DATA_DIR", dataDir.toString(), "JAMES_CONF", SHIPPED_CONF.toString()));
        all.putAll(variables);
        return Settings.from(all);
    }

    @Test
    void aWrongUrlIsShownWithoutItsSecrets() {
        assertThatThrownBy(() -> settings(Map.of("QUEUE_URL", "http://relay:s3cret@broker:61616?password=s3cret&ha=x")))
                .hasMessageContaining("http://***@broker:61616?password=***&ha=x")
                .hasMessageNotContaining("s3cret");
    }
}
