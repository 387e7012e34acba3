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
