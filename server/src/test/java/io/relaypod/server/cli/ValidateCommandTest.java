package io.relaypod.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class ValidateCommandTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void aValidConfigurationIsNamedAndNothingIsMade() {
        assertThat(validate(Map.of())).isZero();

        assertThat(out.toString()).startsWith("The configuration is valid: the environment and ");
        assertThat(directory.resolve("data")).doesNotExist();
    }

    @Test
    void aWarningIsPrintedAndStopsNothing() {
        assertThat(validate(Map.of("UPSTREAM_TLS", "x"))).isZero();

        assertThat(err.toString()).contains("warning: UPSTREAM_TLS is no variable of relaypod");
        assertThat(out.toString()).contains("warning");
    }

    @Test
    void aWrongConfigurationEndsWith78AndNamesEveryFault() throws Exception {
        Path conf = Files.createDirectories(directory.resolve("conf"));
        Files.writeString(conf.resolve("smtpserver.xml"), "<smtpservers>");
        Files.writeString(conf.resolve("mailetcontainer.xml"), "<mailets/>");

        assertThat(validate(Map.of("JAMES_CONF", conf.toString(), "LOG_LEVEL", "LOUD")))
                .isEqualTo(78);

        assertThat(err.toString())
                .contains(
                        "LOG_LEVEL is 'LOUD'",
                        "smtpserver.xml:1: it is no well-formed XML",
                        "mailetcontainer.xml:1: <mailets> is the root; expected <mailetcontainer>");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void aProgramReadsTheFaultsInTheirParts() throws Exception {
        Path conf = Files.createDirectories(directory.resolve("conf"));
        Files.writeString(conf.resolve("smtpserver.xml"), "<smtpservers>");
        Files.writeString(
                conf.resolve("mailetcontainer.xml"),
                Files.readString(Path.of("../james-conf/mailetcontainer.xml"))
                        .replace("<threads>30", "<threads>many")
                        .replace("1 minute, 2", "1 minit, 2"));

        assertThat(validate(Map.of("JAMES_CONF", conf.toString(), "LOG_LEVEL", "LOUD", "UPSTREAM_TLS", "x"), "--json"))
                .isEqualTo(78);

        JsonNode result = JSON.readTree(out.toString());
        assertThat(result.path("valid").asBoolean(true)).isFalse();
        assertThat(result.path("problems"))
                .hasSize(4)
                .anySatisfy(problem -> {
                    assertThat(problem.path("place").asText()).isEqualTo("LOG_LEVEL");
                    assertThat(problem.has("file")).isFalse();
                    assertThat(problem.path("value").asText()).isEqualTo("LOUD");
                    assertThat(problem.path("expectation").asText()).contains("INFO");
                })
                .anySatisfy(problem -> {
                    assertThat(problem.path("file").asText()).isEqualTo("mailetcontainer.xml");
                    assertThat(problem.path("line").asInt()).isPositive();
                    assertThat(problem.path("place").asText())
                            .isEqualTo("mailetcontainer.xml:"
                                    + problem.path("line").asInt());
                    assertThat(problem.path("value").asText()).isEqualTo("many");
                    assertThat(problem.path("expectation").asText()).isEqualTo("a number from 1");
                })
                .anySatisfy(
                        problem -> assertThat(problem.path("value").asText()).startsWith("1 minit, 2 minutes"))
                .anySatisfy(problem -> {
                    assertThat(problem.path("place").asText()).isEqualTo("smtpserver.xml:1");
                    assertThat(problem.has("value")).isFalse();
                    assertThat(problem.path("text").asText()).startsWith("smtpserver.xml:1: it is no well-formed XML");
                });
        assertThat(result.path("warnings"))
                .anySatisfy(
                        warning -> assertThat(warning.path("place").asText()).isEqualTo("UPSTREAM_TLS"));
        assertThat(err.toString()).isEmpty();
    }

    static Stream<Arguments> oddValues() {
        return Stream.of(
                Arguments.of("LOUD', or so; expected nothing", "LOUD', or so; expected nothing"),
                Arguments.of("it's; 'quoted';", "it's; 'quoted';"),
                Arguments.of("smtpserver.xml:9: LOUD", "smtpserver.xml:9: LOUD"),
                Arguments.of("LOUD\n  UPSTREAM_HOST is 'x'; expected y", "LOUD?  UPSTREAM_HOST is 'x'; expected y"),
                Arguments.of("LOUD\u001b[2J\u009b2J\u202e.", "LOUD?[2J?2J?."));
    }

    @ParameterizedTest
    @MethodSource("oddValues")
    void anOddValueIsWholeInJsonAndOnOneLineInTheText(String value, String shown) throws Exception {
        String text = "LOG_LEVEL is '" + shown + "'; expected one of ERROR, WARN, INFO, DEBUG, TRACE";

        assertThat(validate(Map.of("LOG_LEVEL", value), "--json")).isEqualTo(78);
        JsonNode problem = JSON.readTree(out.toString()).path("problems").path(0);

        assertThat(problem.path("place").asText()).isEqualTo("LOG_LEVEL");
        assertThat(problem.has("file")).isFalse();
        assertThat(problem.path("value").asText()).isEqualTo(value);
        assertThat(problem.path("expectation").asText()).isEqualTo("one of ERROR, WARN, INFO, DEBUG, TRACE");
        assertThat(problem.path("text").asText()).isEqualTo(text);
        validate(Map.of("LOG_LEVEL", value));
        assertThat(err.toString().lines()).contains("  " + text);
    }

    @Test
    void aLongValueIsWholeInJsonAndCutInTheText() throws Exception {
        String value = "\ud83d\ude00".repeat(300);

        validate(Map.of("LOG_LEVEL", value), "--json");

        JsonNode problem = JSON.readTree(out.toString()).path("problems").path(0);
        assertThat(problem.path("value").asText()).isEqualTo(value);
        assertThat(problem.path("text").asText())
                .startsWith("LOG_LEVEL is '" + "\ud83d\ude00".repeat(200) + "...'; expected ");
    }

    @Test
    void anOddValueInXmlIsWholeInJsonAndOnOneLineInTheText() throws Exception {
        Path conf = Files.createDirectories(directory.resolve("conf"));
        Files.copy(Path.of("../james-conf/smtpserver.xml"), conf.resolve("smtpserver.xml"));
        Files.writeString(
                conf.resolve("mailetcontainer.xml"),
                Files.readString(Path.of("../james-conf/mailetcontainer.xml"))
                        .replace("<threads>30", "<threads>3\n0', 1; expected ${env:ODD}")
                        .replace("<keepOriginal>true", "<keepOriginal>'no'; expected"));

        validate(Map.of("JAMES_CONF", conf.toString(), "ODD", "\u001b[2J//me:secret@x"), "--json");

        assertThat(JSON.readTree(out.toString()).path("problems"))
                .hasSize(2)
                .anySatisfy(problem -> {
                    assertThat(problem.path("value").asText()).isEqualTo("3\n0', 1; expected \u001b[2J//***@x");
                    assertThat(problem.path("expectation").asText()).isEqualTo("a number from 1");
                    assertThat(problem.path("text").asText())
                            .endsWith("<threads> is '3?0', 1; expected ?[2J//***@x'; expected a number from 1");
                })
                .anySatisfy(problem -> {
                    assertThat(problem.path("value").asText()).isEqualTo("'no'; expected");
                    assertThat(problem.path("expectation").asText()).isEqualTo("true or false");
                    assertThat(problem.path("text").asText())
                            .endsWith("AlignRecipients: keepOriginal is ''no'; expected'; expected true or false");
                });
    }

    @Test
    void anOddNameIsAPlaceAndItsCureIsApart() throws Exception {
        validate(Map.of("LISTEN-ADDR", ":25", "LISTEN_ADDR\u001b", ":25"), "--json");

        assertThat(JSON.readTree(out.toString()).path("problems")).anySatisfy(problem -> {
            assertThat(problem.path("place").asText()).isEqualTo("LISTEN-ADDR");
            assertThat(problem.path("cure").asText()).startsWith("did you mean LISTEN_ADDR?");
        });
        assertThat(out.toString()).contains("LISTEN_ADDR? is no variable of relaypod");
    }

    @Test
    void secretsAreInNeitherForm() throws Exception {
        Map<String, String> secrets = Map.of(
                "NOTIFY_URL", "hooks.slack.com/hidden1",
                "QUEUE_URL", "amqp://user:hidden2@broker?password=hidden3",
                "SMTP_USERS_FILE", "https://user:hidden4@files.example/users");

        validate(secrets, "--json");
        validate(secrets);

        assertThat(out.toString()).contains("\"(not shown)\"", "amqp://***@broker?password=***");
        assertThat(out + "" + err).doesNotContain("hidden");
        assertThat(err.toString()).contains("QUEUE_URL is 'amqp://***@broker?password=***'; expected ");
    }

    @Test
    void aProgramReadsThatTheConfigurationIsValid() throws Exception {
        assertThat(validate(Map.of(), "--json")).isZero();

        JsonNode result = JSON.readTree(out.toString());
        assertThat(result.path("valid").asBoolean()).isTrue();
        assertThat(result.path("problems")).isEmpty();
        assertThat(result.path("warnings").isArray()).isTrue();
    }

    private int validate(Map<String, String> variables, String... options) {
        Map<String, String> environment =
                new HashMap<>(Map.of("DATA_DIR", directory.resolve("data").toString(), "JAMES_CONF", "../james-conf"));
        environment.putAll(variables);
        CommandLine commands = Relaypod.commandLine(environment)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true));
        return commands.execute(
                Stream.concat(Stream.of("validate"), Stream.of(options)).toArray(String[]::new));
    }
}
