package io.relaypod.server.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** logback.xml as it is shipped, in a context of its own. */
class LogConfigurationTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void aLineForCollectorsIsOneObjectWithTheEventsKeysAsFields() throws Exception {
        String line = logged(
                        "json",
                        log -> log.info(
                                "event=delivered queue-id={} rcpts={} reply=\"{}\"", "Mail1", 2, "250 \"ok\" queued"))
                .get(0);

        JsonNode object = JSON.readTree(line);
        assertThat(object.path("event").asText()).isEqualTo("delivered");
        assertThat(object.path("queue-id").asText()).isEqualTo("Mail1");
        assertThat(object.path("rcpts").isInt()).isTrue();
        assertThat(object.path("rcpts").asInt()).isEqualTo(2);
        assertThat(object.path("reply").asText()).isEqualTo("250 \"ok\" queued");
        assertThat(object.path("level").asText()).isEqualTo("INFO");
        assertThat(object.path("logger").asText()).isEqualTo("io.relaypod.test");
        assertThat(object.path("time").asText()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d.*Z");
    }

    @Test
    void whatIsNoEventIsAMessage() throws Exception {
        JsonNode object =
                JSON.readTree(logged("json", log -> log.warn("a=b and more")).get(0));

        assertThat(object.path("message").asText()).isEqualTo("a=b and more");
        assertThat(object.has("a")).isFalse();
    }

    @Test
    void aFailureIsPartOfItsLine() throws Exception {
        List<String> lines = logged("json", log -> log.error("event=broken", new IllegalStateException("why")));

        assertThat(lines).hasSize(1);
        assertThat(JSON.readTree(lines.get(0)).path("stack_trace").asText()).contains("IllegalStateException: why");
    }

    @Test
    void nobodySetsAFieldTwiceOrOneThatTheLineHasAnyway() throws Exception {
        String line = logged(
                        "json",
                        log -> log.info(
                                "event=deferred level=none queue-id=Mail1 reason=\"x\" queue-id=Mail2 event=delivered"))
                .get(0);

        assertThat(JSON.readTree(line).path("event").asText()).isEqualTo("deferred");
        assertThat(JSON.readTree(line).path("queue-id").asText()).isEqualTo("Mail1");
        assertThat(JSON.readTree(line).path("level").asText()).isEqualTo("INFO");
    }

    @Test
    void keyValuePairsAreFieldsInTheirOrderAndNumbersStayNumbers() throws Exception {
        String line = logged(
                        "json",
                        log -> log.atInfo()
                                .addKeyValue("event", "delivered")
                                .addKeyValue("rcpts", 2)
                                .addKeyValue("delay", new BigDecimal("0.087"))
                                .addKeyValue("reply", "250 for zaphod@example.com\r\n")
                                .addKeyValue("level", "none")
                                .log("event=delivered rcpts=2"))
                .get(0);

        assertThat(line)
                .contains("\"event\":\"delivered\",\"rcpts\":2,\"delay\":0.087,\"reply\":\"250 for ***@example.com  \"")
                .contains("\"level\":\"INFO\"")
                .doesNotContain("\"none\"");
    }

    @Test
    void noArgumentAddsAField() throws Exception {
        JsonNode object = JSON.readTree(logged(
                        "json",
                        log -> log.warn(
                                "event=broken reason=\"{}\" files={} of={}/{}",
                                "x\" queue-id=Mail1 files=7 y=\"",
                                3,
                                1,
                                "{}"))
                .get(0));

        assertThat(object.has("queue-id")).isFalse();
        assertThat(object.has("y")).isFalse();
        assertThat(object.path("reason").asText()).isEqualTo("x\" queue-id=Mail1 files=7 y=\"");
        assertThat(object.path("files").asInt()).isEqualTo(3);
        assertThat(object.path("of").asText()).isEqualTo("1/{}");
    }

    @Test
    void aLineForPeopleIsText() throws Exception {
        assertThat(logged("text", log -> log.info("event=delivered queue-id=Mail1")))
                .singleElement()
                .asString()
                .matches("\\d{4}-\\S+Z INFO  test - event=delivered queue-id=Mail1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.apache.activemq.artemis.core.server",
                "org.apache.activemq.audit.message",
                "org.apache.james.protocols",
                "org.apache.james.anything",
                "org.apache.james.transport.mailets.LogMessage",
                "org.eclipse.jetty.server.HttpChannel",
                "spark.http.matching.MatcherFilter",
                "javax.mail",
                "com.sun.mail.smtp",
                "io.netty.channel.DefaultChannelPipeline",
                "reactor.core.publisher.Operators",
                "org.xbill.DNS",
                "com.github.benmanes.caffeine",
                "io.relaypod.test",
                "io",
                "x"
            })
    void noLoggerPrintsAnAddressAboveDebug(String name) throws Exception {
        for (String format : List.of("text", "json")) {
            List<String> lines = logged(format, name, log -> {
                Exception cause = new IllegalStateException("trillian@example.com is \"zaphod beeble\"@example.com");
                cause.addSuppressed(new IllegalArgumentException("<marvin@example.org>"));
                log.error(
                        "AMQ144012: sender zaphod@example.com, recipients [trillian@example.com, marvin@example.org], {}",
                        "arthur.dent@example.net");
                log.warn("failed for ford=prefect@example.com", new IllegalStateException("zaphod@example.com", cause));
                log.info("zaphod@example.com");
            });

            assertThat(lines).isNotEmpty();
            assertThat(String.join("\n", lines))
                    .as(format)
                    .contains("***@example.com", "***@example.org")
                    .doesNotContainIgnoringCase("zaphod", "trillian", "marvin", "arthur", "prefect");
        }
    }

    @Test
    void addressesAreThereAtDebugAndWhereTheyAreWanted() throws Exception {
        assertThat(logged("text", "io.relaypod.test", log -> {
                    log.setLevel(Level.DEBUG);
                    log.debug("zaphod@example.com");
                }))
                .singleElement()
                .asString()
                .endsWith("- zaphod@example.com");
        assertThat(logged(
                        "text",
                        "org.apache.james",
                        Map.of("LOG_ADDRESSES", "true"),
                        log -> log.warn("zaphod@example.com")))
                .singleElement()
                .asString()
                .endsWith("- zaphod@example.com");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text", "json"})
    void noLoggerWritesMoreThanOneLineOrOneWithoutABound(String format) throws Exception {
        List<String> lines = logged(format, "org.apache.james.anything", log -> {
            log.error(
                    "first\r\nevent=delivered queue-id=Mail1\u0085\u2028\u2029\u001b[2J\u0000\u202e{}",
                    "x".repeat(1_000_000));
            log.error("a@".repeat(500_000));
        });

        assertThat(lines)
                .hasSize(2)
                .allSatisfy(line ->
                        assertThat(line).hasSizeLessThan(20_000).doesNotContain("\u001b", "\u202e", "\u2028", "\\n"));
        assertThat(lines.get(0)).contains("characters more");
    }

    @Test
    void aFloodOfWhatClientsCauseIsWrittenTenTimesASecond() throws Exception {
        List<String> lines = logged("text", log -> {
            for (int i = 0; i < 1_000; i++) {
                log.info("event=too-many-connections client={}", "192.0.2." + i % 250);
            }
            for (int i = 0; i < 100; i++) {
                log.info("event=delivered queue-id={}", i);
            }
        });

        assertThat(lines.stream()
                        .filter(line -> line.contains("too-many-connections"))
                        .count())
                .as("in one second, or in a few")
                .isBetween(10L, 100L);
        assertThat(lines.stream().filter(line -> line.contains("delivered")).count())
                .isEqualTo(100);
    }

    @FunctionalInterface
    private interface Logging {
        void with(Logger logger);
    }

    private static List<String> logged(String format, Logging logging) throws Exception {
        return logged(format, "io.relaypod.test", logging);
    }

    private static List<String> logged(String format, String logger, Logging logging) throws Exception {
        return logged(format, logger, Map.of(), logging);
    }

    private static List<String> logged(String format, String logger, Map<String, String> variables, Logging logging)
            throws Exception {
        LoggerContext context = new LoggerContext();
        context.setMDCAdapter(new LogbackMDCAdapter());
        context.putProperty("LOG_FORMAT", format);
        variables.forEach(context::putProperty);
        PrintStream before = System.err;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            JoranConfigurator configurator = new JoranConfigurator();
            configurator.setContext(context);
            configurator.doConfigure(LogConfigurationTest.class.getResource("/logback.xml"));
            logging.with(context.getLogger(logger));
            context.stop();
        } finally {
            System.setErr(before);
        }
        return err.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
