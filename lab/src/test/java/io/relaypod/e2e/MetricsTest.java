package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Scrapes a relay after some work, and compares the served metrics with docs/metrics.md, the dashboard and the alerts.
 */
class MetricsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern DOCUMENTED = Pattern.compile("^\\| `([a-z_0-9]+)` \\| (.*) \\|$", Pattern.MULTILINE);
    // A metric that exists only under a condition, such as the time of webadmin's requests.
    private static final Pattern CONDITIONAL = Pattern.compile("from the first on|only with");
    private static final Pattern SELECTOR = Pattern.compile("\\b([a-z][a-z0-9_]*)\\s*\\{([^}]*)\\}");
    private static final Pattern METRIC = Pattern.compile(
            "\\b((?:relaypod|artemis|james|jvm|process|system|cache|disk|netty|logback|mailpit)_[a-z0-9_]+)\\b");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)\\s*(?:=~|!=|!~|=)\\s*\"");
    // Prometheus adds these labels.
    private static final int GRID = 24;
    private static final Set<String> OF_PROMETHEUS = Set.of("job", "instance");

    private static final String CALENDAR =
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\n"
                    + "DTSTAMP:20260101T000000Z\r\nDTSTART:20260102T000000Z\r\nSUMMARY:x\r\nATTENDEE:mailto:guest@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    private static LabWorld world;
    private static Scrape scrape;

    @BeforeAll
    static void someWork(@TempDir Path directory) throws Exception {
        world = LabWorld.builder()
                .with("METRICS_ADDR", "127.0.0.1:0")
                .with("JAMES_CONF", withTls(directory).toString())
                .followingGraph()
                .start();
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<calendar@organiser.example>");
            smtp.send("RCPT TO:<user@gmial.com>");
            smtp.send("RCPT TO:<x@nonexistent-domain.xyz>");
            smtp.send("RCPT TO:<" + LabWorld.ORGANISER + ">");
            smtp.data(("From: calendar@organiser.example\r\nTo: " + LabWorld.ORGANISER
                            + ", guest@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
                            + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\nContent-Type: text/calendar\r\n\r\n"
                            + CALENDAR + "--b--\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            smtp.send("MAIL FROM:<calendar@organiser.example>");
            smtp.send("RCPT TO:<guest@example.com>");
            assertThat(smtp.data(
                                    "Subject: no sender at all, twice\r\nFrom: a@b.example\r\nFrom: c@d.example\r\n\r\nx\r\n"
                                            .getBytes(StandardCharsets.US_ASCII))
                            .code())
                    .isGreaterThanOrEqualTo(250);
        }
        webadmin();
        System.gc();
        await().atMost(PATIENCE).untilAsserted(() -> {
            scrape = Scrape.of(world);
            assertThat(scrape.value("relaypod_mail_delivered_total")).isPositive();
            assertThat(scrape.value("relaypod_delivery_seconds_count")).isPositive();
            assertThat(scrape.names())
                    .contains("relaypod_queue_size", "relaypod_repository_size", "relaypod_webadmin_request_seconds");
        });
    }

    private static void webadmin() throws Exception {
        HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                        + world.relay().webadminPort().orElseThrow() + "/mailQueues"))
                                .header("Authorization", world.webadminAuthorization())
                                .build(),
                        HttpResponse.BodyHandlers.discarding());
    }

    private static Path withTls(Path directory) throws Exception {
        Path keystore = directory.resolve("keystore.p12");
        assertThat(new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "relay",
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=relay.example",
                                "-validity",
                                "30",
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                keystore.toString(),
                                "-storepass",
                                "changeit")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor())
                .isZero();
        Path conf = Files.createDirectory(directory.resolve("james-conf"));
        try (var files = Files.list(Path.of("../james-conf"))) {
            for (Path file : files.toList()) {
                Files.writeString(
                        conf.resolve(file.getFileName()),
                        Files.readString(file)
                                .replace(
                                        "<maxmessagesize>",
                                        "<tls socketTLS=\"false\" startTLS=\"true\"><keystore>file://" + keystore
                                                + "</keystore><keystoreType>PKCS12</keystoreType><secret>changeit</secret></tls><maxmessagesize>"));
            }
        }
        return conf;
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @Test
    void everyServedMetricIsDocumented() throws Exception {
        assertThat(new TreeSet<>(scrape.names()))
                .isNotEmpty()
                .isSubsetOf(documented().keySet());
    }

    @Test
    void everyDocumentedMetricIsServed() throws Exception {
        Set<String> unconditional = documented().entrySet().stream()
                .filter(row -> !CONDITIONAL.matcher(row.getValue()).find())
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(scrape.names()).containsAll(unconditional);
        assertThat(documented())
                .allSatisfy((metric, row) ->
                        assertThat(row).as("a query for " + metric).contains(" | `"));
    }

    private static Map<String, String> documented() throws Exception {
        return DOCUMENTED
                .matcher(Files.readString(Path.of("../docs/metrics.md")))
                .results()
                .collect(Collectors.toMap(row -> row.group(1), row -> row.group(2)));
    }

    @Test
    void everyDocumentedQueryUsesServedMetrics() throws Exception {
        try (Stream<Path> pages = Files.walk(Path.of("../docs")).filter(Files::isRegularFile)) {
            for (Path page : pages.toList()) {
                assertAllServed(METRIC.matcher(Files.readString(page))
                        .results()
                        .map(name -> name.group(1))
                        .toList());
            }
        }
    }

    @Test
    void everyQueryOfTheDashboardUsesServedMetricsAndLabels() throws Exception {
        List<String> queries = dashboardQueries();
        Map<String, Set<String>> served = served();

        assertThat(queries).hasSizeGreaterThan(30).allSatisfy(query -> {
            List<MatchResult> selectors = SELECTOR.matcher(query).results().toList();
            assertThat(selectors).isNotEmpty().allSatisfy(selector -> {
                assertThat(served).containsKey(selector.group(1));
                assertThat(served.get(selector.group(1))).containsAll(labels(selector.group(2)));
            });
        });
    }

    @Test
    void everyAlertUsesServedMetrics() throws Exception {
        List<String> expressions = Arrays.stream(Files.readString(Path.of("../k8s/alerts/relaypod.rules.yaml"))
                        .split("- alert:"))
                .skip(1)
                .map(rule -> rule.substring(rule.indexOf("expr:"), rule.indexOf("labels:")))
                .toList();

        assertThat(expressions).isNotEmpty();
        assertAllServed(expressions.stream()
                .flatMap(expression -> METRIC.matcher(expression).results())
                .map(name -> name.group(1))
                .toList());
    }

    private static void assertAllServed(List<String> names) throws Exception {
        Set<String> served = new HashSet<>(served().keySet());
        documented().forEach((metric, row) -> {
            if (CONDITIONAL.matcher(row).find()) {
                served.addAll(Set.of(metric, metric + "_sum", metric + "_count"));
            }
        });
        // The page has the name of a histogram, which is not the name of a series.
        assertThat(names)
                .allSatisfy(name -> assertThat(
                                served.stream().anyMatch(one -> one.equals(name) || one.startsWith(name + "_")))
                        .as(name)
                        .isTrue());
    }

    private static Map<String, Set<String>> served() {
        Map<String, Set<String>> served = scrape.labels();
        served.values().forEach(labels -> labels.addAll(OF_PROMETHEUS));
        served.put("up", OF_PROMETHEUS);
        served.putIfAbsent("jvm_gc_pause_seconds_sum", OF_PROMETHEUS);
        served.putAll(ofMailpit());
        return served;
    }

    private static Map<String, Set<String>> ofMailpit() {
        try (InputStream list = MetricsTest.class.getResourceAsStream("/monitoring/mailpit-metrics.txt")) {
            return new String(list.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" "))
                    .collect(Collectors.toMap(words -> words[0], words -> {
                        Set<String> labels = new HashSet<>(OF_PROMETHEUS);
                        labels.addAll(Arrays.asList(words).subList(1, words.length));
                        return labels;
                    }));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static List<String> dashboardQueries() throws Exception {
        JsonNode dashboard = new ObjectMapper().readTree(Files.readString(Path.of("../k8s/dashboards/relaypod.json")));
        return StreamSupport.stream(dashboard.get("panels").spliterator(), false)
                .flatMap(panel -> StreamSupport.stream(panel.path("targets").spliterator(), false))
                .map(target -> target.get("expr").textValue())
                .toList();
    }

    @Test
    void noPanelUsesTheRateOfACounterOfMailpit() throws Exception {
        assertThat(dashboardQueries())
                .noneSatisfy(query -> assertThat(query).containsPattern("(rate|increase|delta)\\(mailpit_"));
    }

    private static List<String> labels(String selector) {
        Matcher label = LABEL.matcher(selector);
        return label.results().map(found -> found.group(1)).toList();
    }

    @Test
    void everyPanelUsesTheSelectedDataSource() throws Exception {
        JsonNode dashboard = new ObjectMapper().readTree(Files.readString(Path.of("../k8s/dashboards/relaypod.json")));

        assertThat(dashboard.at("/templating/list/0/type").textValue()).isEqualTo("datasource");
        assertThat(dashboard.findValues("datasource"))
                .isNotEmpty()
                .allSatisfy(source -> assertThat(source.get("uid").textValue()).isEqualTo("${datasource}"));
    }

    @Test
    void panelsDoNotOverlapAndHaveDescriptionsAndUnits() throws Exception {
        JsonNode panels = new ObjectMapper()
                .readTree(Files.readString(Path.of("../k8s/dashboards/relaypod.json")))
                .get("panels");

        Map<String, String> cells = new HashMap<>();
        assertThat(panels).allSatisfy(panel -> {
            JsonNode place = panel.get("gridPos");
            assertThat(place.get("x").intValue() + place.get("w").intValue())
                    .as(panel.get("title").textValue())
                    .isLessThanOrEqualTo(GRID);
            for (int x = 0; x < place.get("w").intValue(); x++) {
                for (int y = 0; y < place.get("h").intValue(); y++) {
                    assertThat(cells.put(
                                    (place.get("x").intValue() + x) + " "
                                            + (place.get("y").intValue() + y),
                                    panel.get("title").textValue()))
                            .as("panels covered by %s", panel.get("title"))
                            .isNull();
                }
            }
            if (!panel.get("type").textValue().equals("row")) {
                assertThat(panel.get("description").textValue())
                        .as(panel.get("title").textValue())
                        .isNotBlank();
                assertThat(panel.findValues("unit"))
                        .as("a unit of %s", panel.get("title"))
                        .isNotEmpty();
            }
        });
        assertThat(panels).extracting(panel -> panel.get("id").intValue()).doesNotHaveDuplicates();
    }

    @Test
    void promtoolFindsNoProblem() throws Exception {
        Path promtool = Programs.require("promtool");
        Programs.ProgramResult said =
                Programs.run(Path.of("."), scrape.text(), List.of(promtool.toString(), "check", "metrics"));

        assertThat(said.exitCode()).as(said.text()).isZero();
    }

    @Test
    void openMetricsIsServedIfRequested() throws Exception {
        var answer = Scrape.get(
                world,
                "/metrics",
                "Accept",
                "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5");

        assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
                .startsWith("application/openmetrics-text; version=1.0.0");
        assertThat(answer.body()).endsWith("# EOF\n").contains("# TYPE relaypod_mail_accepted counter");
        assertThat(Scrape.get(world, "/metrics")
                        .headers()
                        .firstValue("Content-Type")
                        .orElseThrow())
                .startsWith("text/plain; version=0.0.4");
    }

    @Test
    void eachEventIsCounted() {
        assertThat(scrape.value("relaypod_rcpt_total", "verdict=\"no_mail_host\"", "answer=\"refused\""))
                .isEqualTo(2);
        assertThat(scrape.value("relaypod_rcpt_total", "answer=\"accepted\"")).isEqualTo(2);
        assertThat(scrape.value("relaypod_mail_accepted_total") + scrape.value("relaypod_mail_refused_total"))
                .isEqualTo(2);
        assertThat(scrape.value("relaypod_calendar_parts_stripped_total")).isEqualTo(1);
        assertThat(scrape.value("relaypod_headers_aligned_total")).isPositive();
        assertThat(scrape.value("relaypod_delivery_seconds_count"))
                .isEqualTo(scrape.value("relaypod_mail_delivered_total"));
        assertThat(scrape.value("relaypod_dns_lookup_seconds_count", "type=\"MX\"", "outcome=\"no_such_domain\""))
                .isPositive();
        assertThat(scrape.value("cache_gets_total", "cache=\"verdicts\"", "result=\"miss\""))
                .isEqualTo(4);
        assertThat(scrape.value("relaypod_gateway_up")).isEqualTo(1);
        assertThat(scrape.value("relaypod_build_info", "james=\"3.8.1\"")).isEqualTo(1);
        double daysLeft = (scrape.value("relaypod_smtp_certificate_expiry_timestamp_seconds")
                        - System.currentTimeMillis() / 1000.0)
                / 86_400;
        assertThat(daysLeft).isBetween(28.0, 31.0);
    }

    @Test
    void noLabelHoldsAnAddressOrADomain() {
        assertThat(scrape.text()).doesNotContain("@", "gmial.com", "nonexistent-domain.xyz", "example.com");
    }
}
