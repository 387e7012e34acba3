package io.relaypod.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every variable with every odd value: the relay starts with exactly that value, or says which variable is wrong, its
 * value and what was expected.
 */
class OddValuesTest {

    private static final List<String> ODD = List.of(
            "-1",
            "0",
            "00",
            "+5",
            "1",
            "7",
            "1e3",
            "0x10",
            "1.5",
            "1,5",
            "1 000",
            "99",
            "65535",
            "65536",
            "2147483647",
            "2147483648",
            "4294967297",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "99999999999999999999",
            "\u0663",
            "\uff15",
            "1K",
            "1k",
            "1M",
            "1KB",
            "1T",
            "0G",
            "1024G",
            "1025G",
            "8589934592G",
            "8589934593G",
            "17179869184G",
            "999999999999G",
            "9007199254740992K",
            "-1K",
            "1 K",
            "0s",
            "0ms",
            "1ms",
            "1s",
            "1S",
            "1 s",
            "1 minit",
            "-5m",
            "1m",
            "1h",
            "1d",
            "3650d",
            "3651d",
            "1w",
            "1y",
            "10y",
            "11y",
            "99999999999y",
            "999999999999999999d",
            "1h30m",
            "10",
            ",",
            ",,",
            " , ,",
            ";",
            "@",
            "a@",
            "@a",
            "*",
            "null",
            "none",
            "off",
            "on",
            "yes",
            "true",
            "false",
            "TRUE",
            "Infinity",
            "NaN",
            "\u221e",
            "0.0.0.0/0",
            "::/0",
            "a\nb",
            "a\u001b[2Jb",
            "http://x",
            "/",
            "/dev/null",
            "..",
            "x".repeat(10_000),
            "\ud83d\ude00",
            "${X}",
            "127.0.0.1:0",
            "127.0.0.1:-1",
            ":99999",
            "[::1]:25");

    private static final Pattern SIZE = Pattern.compile("([0-9]+)([kKmMgG]?)");
    private static final Pattern DURATION = Pattern.compile("([0-9]+) ?(ms|s|m|h|d|w|y)", Pattern.CASE_INSENSITIVE);
    private static final Map<String, Integer> SHIFTS = Map.of("", 0, "k", 10, "m", 20, "g", 30);
    private static final Map<String, Long> MILLIS = Map.of(
            "ms",
            1L,
            "s",
            1_000L,
            "m",
            60_000L,
            "h",
            3_600_000L,
            "d",
            86_400_000L,
            "w",
            604_800_000L,
            "y",
            31_556_952_000L);

    // Half of a pair, of which the other half is missing.
    private static final Map<Variable, Variable> PARTNERS = Map.of(
            Variable.SMTP_TLS_CERT_FILE,
            Variable.SMTP_TLS_KEY_FILE,
            Variable.SMTP_TLS_KEY_FILE,
            Variable.SMTP_TLS_CERT_FILE);

    // What is in force of each variable that is a number, a size or a duration; a size in bytes, a duration in
    // milliseconds.
    private static final Map<Variable, Function<Settings, Object>> IN_FORCE = new EnumMap<>(Map.ofEntries(
            Map.entry(Variable.UPSTREAM_PORT, Settings::upstreamPort),
            Map.entry(Variable.MAX_CONNECTIONS, settings -> settings.clients().connections()),
            Map.entry(
                    Variable.MAX_CONNECTIONS_PER_IP,
                    settings -> settings.clients().connectionsPerIp()),
            Map.entry(Variable.IDLE_TIMEOUT, settings -> settings.clients().idle()),
            Map.entry(Variable.MAX_BAD_RCPTS, settings -> settings.clients().badRecipients()),
            Map.entry(Variable.MAX_MESSAGE_SIZE, Settings::maxMessageSize),
            Map.entry(Variable.MAX_RECIPIENTS, Settings::maxRecipients),
            Map.entry(
                    Variable.GRAPH_MAX_MESSAGE_SIZE,
                    settings -> settings.graph().maxMessageSize()),
            Map.entry(Variable.DNS_TIMEOUT, settings -> settings.dns().timeout()),
            Map.entry(Variable.DNS_TRIES, settings -> settings.dns().tries()),
            Map.entry(Variable.DNS_MAX_INFLIGHT, settings -> settings.mx().maxInflight()),
            Map.entry(Variable.MX_CACHE_TTL, settings -> settings.mx().cacheTtl()),
            Map.entry(Variable.MX_CACHE_SIZE, settings -> settings.mx().cacheSize()),
            Map.entry(
                    Variable.METRICS_MAX_CONNECTIONS,
                    settings -> settings.metrics().orElseThrow().connections()),
            Map.entry(
                    Variable.METRICS_TIMEOUT,
                    settings -> settings.metrics().orElseThrow().timeout()),
            Map.entry(Variable.QUEUE_TIMEOUT, settings -> settings.queue().timeout()),
            Map.entry(Variable.QUEUE_WRITERS, settings -> settings.queue().writers()),
            Map.entry(Variable.DRAIN_TIMEOUT, settings -> settings.queue().drain()),
            Map.entry(Variable.TRACE_MAX_SIZE, settings -> settings.trace().maxSize()),
            Map.entry(Variable.TRACE_MAX_AGE, settings -> settings.trace().maxAge()),
            Map.entry(
                    Variable.FAILED_MAX_AGE,
                    settings -> settings.failed().maxAge().orElseThrow()),
            Map.entry(
                    Variable.FAILED_MAX_SIZE,
                    settings -> settings.failed().maxSize().orElseThrow())));

    @TempDir
    private Path dataDir;

    @ParameterizedTest
    @EnumSource(Variable.class)
    void everyVariableTakesAnOddValueExactlyOrRefusesItByName(Variable variable) {
        for (String value : ODD) {
            Settings settings;
            try {
                settings = settings(Map.of(variable.name(), value));
            } catch (InvalidSettingsException refused) {
                assertThat(refused.getMessage().lines().skip(1).toList())
                        .as(variable + "=" + value)
                        .allSatisfy(line -> assertThat(line)
                                .matches("  [A-Z0-9_]+ is '.*'; .*expected .*")
                                .hasSizeLessThan(1_000)
                                .doesNotContain("\u001b"))
                        .anySatisfy(line -> assertThat(line)
                                .startsWith("  " + PARTNERS.getOrDefault(variable, variable) + " is '"));
                continue;
            }
            if (IN_FORCE.containsKey(variable)) {
                Object inForce = IN_FORCE.get(variable).apply(settings);
                BigInteger number = inForce instanceof Duration duration
                        ? BigInteger.valueOf(duration.toMillis())
                        : new BigInteger(inForce.toString());
                assertThat(number).as(variable + "=" + value).isEqualTo(written(value, inForce instanceof Duration));
            }
        }
    }

    @Test
    void listsOfNothingAreRefused() {
        for (Variable list : List.of(
                Variable.STRIP_ICS_RECIPIENTS,
                Variable.SENDER_MAILBOXES,
                Variable.WEBADMIN_HOSTS,
                Variable.RELAY_NETWORKS,
                Variable.DNS_SERVERS)) {
            assertThatThrownBy(() -> settings(Map.of(list.name(), ",")))
                    .hasMessageContaining(list + " is ','; expected " + list.expected());
        }
    }

    @Test
    void whatOverflowsIsNoLimitOfNothing() {
        assertThatThrownBy(() -> settings(Map.of("MAX_MESSAGE_SIZE", "17179869184G")))
                .hasMessageContaining("MAX_MESSAGE_SIZE is '17179869184G'; expected");
        assertThatThrownBy(() -> settings(Map.of("MX_CACHE_TTL", "999999999999999999d")))
                .hasMessageContaining("MX_CACHE_TTL is '999999999999999999d'; expected");
    }

    @Test
    void networksBeyondPrivateOnesAreKnown() {
        assertThat(settings(Map.of()).relayNetworks().open()).isEmpty();
        assertThat(settings(
                                Map.of(
                                        "RELAY_NETWORKS",
                                        "10.1.0.0/16, 0.0.0.0/0, 0.0.0.0/1, 192.0.0.0/8, 192.168.0.0/15, 203.0.113.7, ::/0, fd00::/8, 2001:db8::/32, 10.0.0.0/7"))
                        .relayNetworks()
                        .open())
                .containsExactly(
                        "0.0.0.0/0",
                        "0.0.0.0/1",
                        "192.0.0.0/8",
                        "192.168.0.0/15",
                        "203.0.113.7",
                        "::/0",
                        "2001:db8::/32",
                        "10.0.0.0/7");
    }

    private static BigInteger written(String value, boolean isDuration) {
        Matcher written = (isDuration ? DURATION : SIZE).matcher(value);
        assertThat(written.matches()).as(value + " was taken").isTrue();
        BigInteger number = new BigInteger(written.group(1));
        String unit = written.group(2).toLowerCase(Locale.ROOT);
        return isDuration ? number.multiply(BigInteger.valueOf(MILLIS.get(unit))) : number.shiftLeft(SHIFTS.get(unit));
    }

    private Settings settings(Map<String, String> variables) {
        Map<String, String> all = new HashMap<>(Map.of("DATA_DIR", dataDir.toString(), "JAMES_CONF", "../james-conf"));
        all.putAll(variables);
        return Settings.from(all);
    }
}
