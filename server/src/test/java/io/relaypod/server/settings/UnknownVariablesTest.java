package io.relaypod.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class UnknownVariablesTest {

    @ParameterizedTest
    @CsvSource({
        "STRIP_ICS_RECIPIENT, STRIP_ICS_RECIPIENTS",
        "STRIP_ICS_RECEIPIENTS, STRIP_ICS_RECIPIENTS",
        "STRIP-ICS-RECIPIENTS, STRIP_ICS_RECIPIENTS",
        "strip_ics_recipients, STRIP_ICS_RECIPIENTS",
        "UPSTREAMHOST, UPSTREAM_HOST",
        "UPSTREAM_PROT, UPSTREAM_PORT",
        "RELAYPOD_UPSTREAM_HOST, UPSTREAM_HOST",
        "listenaddr, LISTEN_ADDR",
        "WEBADMIN_PASSWORDFILE, WEBADMIN_PASSWORD_FILE"
    })
    void aMisspeltVariableIsAFaultWithTheRightName(String written, String meant) {
        assertThat(check(Map.of(written, "x")).faults())
                .singleElement()
                .asString()
                .startsWith(written + " is no variable of relaypod; did you mean " + meant + "?");
    }

    @ParameterizedTest
    @CsvSource({
        "PATH, /bin",
        "HOME, /root",
        "HOSTNAME, relaypod-0",
        "JAVA_HOME, /opt",
        "LANG, C",
        "POD_NAME, x",
        "GOMEMLIMIT, 1",
        "SMTP_HOST, x",
        "SMTP_PASSWORD, x",
        "DATABASE_URL, x",
        "LOG_FILE, x",
        "QUEUE_NAME, x",
        "QUEUE_PORT, tcp://10.0.0.1:61616",
        "UPSTREAM_SERVICE_HOST, 10.0.0.1",
        "UPSTREAM_PORT_1025_TCP_ADDR, 10.0.0.1",
        "RELAYPOD_SERVICE_PORT_SMTP, 25",
        "RELAYPOD_PORT, tcp://10.0.0.1:25",
        "MAILPIT_PORT_1025_TCP_PROTO, tcp"
    })
    void aVariableOfAnotherProgramIsNoFinding(String name, String value) {
        ConfigurationFindings findings = check(Map.of(name, value));

        assertThat(findings.faults()).isEmpty();
        assertThat(findings.warnings()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"STRIP_ICS_ALWAYS", "UPSTREAM_TLS", "MX_PROXY", "RELAYPOD_DEBUG", "WEBADMIN_TLS_CERT"})
    void anUnknownVariableWithAPrefixOfOursIsAWarning(String name) {
        ConfigurationFindings findings = check(Map.of(name, "x"));

        assertThat(findings.faults()).isEmpty();
        assertThat(findings.warnings()).singleElement().asString().startsWith(name + " is no variable of relaypod");
    }

    @ParameterizedTest
    @CsvSource({
        "SMTP_ADDR, SMTPS_ADDR",
        "SMTP_USER, SMTP_USERS_FILE",
        "LOG_LEVELS, LOG_LEVEL",
        "QUEUE_URI, QUEUE_URL",
        "LISTEN_ADDRESS, LISTEN_ADDR",
        "DATA_DIRECTORY, DATA_DIR",
        "DNS_SERVER, DNS_SERVERS",
        "DENY_DOMAIN_FILE, DENY_DOMAINS_FILE"
    })
    void aNearNameThatAnotherProgramMayHaveIsAWarningWithTheRightOne(String name, String near) {
        ConfigurationFindings findings = check(Map.of(name, "x"));

        assertThat(findings.faults()).isEmpty();
        assertThat(findings.warnings())
                .singleElement()
                .asString()
                .startsWith(name + " is no variable of relaypod")
                .contains("did you mean " + near + "?");
    }

    @Test
    void noNameOfTheExampleForComposeIsAFault() throws Exception {
        Map<String, String> example = Files.readAllLines(Path.of("../docker/.env.example")).stream()
                .map(line -> line.startsWith("#") ? line.substring(1) : line)
                .filter(line -> line.matches("[A-Z0-9_]+=.*"))
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));

        assertThat(example).containsKeys("SMTP_ADDR", "SMTP_PORT");
        assertThat(check(example).faults()).isEmpty();
    }

    @Test
    void aNearNameBesideTheRightOneIsAWarning() {
        ConfigurationFindings findings = check(Map.of("DNS_SERVER", "x", "DNS_SERVERS", "127.0.0.1"));

        assertThat(findings.faults()).isEmpty();
        assertThat(findings.warnings()).singleElement().asString().startsWith("DNS_SERVER is no variable");
    }

    @ParameterizedTest
    @EnumSource(Variable.class)
    void noVariableOfOursIsAFinding(Variable variable) {
        assertThat(check(Map.of(variable.name(), "x")).faults()).isEmpty();
    }

    private static ConfigurationFindings check(Map<String, String> environment) {
        ConfigurationFindings findings = new ConfigurationFindings();
        UnknownVariables.check(environment, findings);
        return findings;
    }
}
