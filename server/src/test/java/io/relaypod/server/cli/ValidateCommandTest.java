package io.relaypod.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ValidateCommandTest {

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

    private int validate(Map<String, String> variables) {
        Map<String, String> environment =
                new HashMap<>(Map.of("DATA_DIR", directory.resolve("data").toString(), "JAMES_CONF", "../james-conf"));
        environment.putAll(variables);
        CommandLine commands = Relaypod.commandLine(environment)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true));
        return commands.execute("validate");
    }
}
