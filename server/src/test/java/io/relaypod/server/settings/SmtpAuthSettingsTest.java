package io.relaypod.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import io.relaypod.logins.PasswordHash;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What does not fit together is told at the start, all at once. */
class SmtpAuthSettingsTest {

    @TempDir
    private Path directory;

    @Test
    void withoutASettingNobodyLogsIn() {
        Settings settings = Settings.from(environment());
        assertThat(settings.auth().isOn()).isFalse();
        assertThat(settings.tls()).isEmpty();
        assertThat(settings.smtps()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SMTP_AUTH=on | SMTP_AUTH is 'on'; expected off, optional, required or any",
                "SMTP_AUTH=optional SMTP_AUTH_WITHOUT_TLS=true | SMTP_USERS_FILE is ''; SMTP_AUTH=optional has no logins without it",
                "SMTP_AUTH=required SMTP_USERS_FILE=USERS | SMTP_AUTH is 'required'; nobody could log in: a login needs TLS",
                "SMTP_AUTH=any | SMTP_AUTH is 'any'; nobody could log in: a login needs TLS",
                "SMTP_AUTH=any SMTP_AUTH_WITHOUT_TLS=true SMTP_USERS_FILE=USERS | it means nothing with SMTP_AUTH=any",
                "SMTP_AUTH=any SMTP_AUTH_WITHOUT_TLS=true RELAY_NETWORKS_WITH_AUTH=192.0.2.0/24 | every password is right, and that would let anybody in",
                "SMTP_USERS_FILE=USERS | it means nothing with SMTP_AUTH=off",
                "SMTP_AUTH_WITHOUT_TLS=true | it means nothing with SMTP_AUTH=off",
                "RELAY_NETWORKS_WITH_AUTH=192.0.2.0/24 | it means nothing with SMTP_AUTH=off",
                "SMTP_AUTH=optional SMTP_AUTH_WITHOUT_TLS=true SMTP_USERS_FILE=USERS RELAY_NETWORKS_WITH_AUTH=everybody | RELAY_NETWORKS_WITH_AUTH is 'everybody'; expected networks",
                "SMTP_AUTH=optional SMTP_AUTH_WITHOUT_TLS=true SMTP_USERS_FILE=/nowhere | it cannot be read",
                "SMTP_AUTH=optional SMTP_AUTH_WITHOUT_TLS=true SMTP_USERS_FILE=BROKEN | line 1: no hash",
                "SMTP_TLS_CERT_FILE=BROKEN | SMTP_TLS_KEY_FILE is ''; a certificate and its key belong together",
                "SMTP_TLS_KEY_FILE=BROKEN | SMTP_TLS_CERT_FILE is ''; a certificate and its key belong together",
                "SMTP_TLS_CERT_FILE=BROKEN SMTP_TLS_KEY_FILE=/nowhere | SMTP_TLS_KEY_FILE is '/nowhere'; it cannot be read",
                "SMTP_TLS_CERT_FILE=BROKEN SMTP_TLS_KEY_FILE=BROKEN | the certificate cannot be used",
                "SMTPS_ADDR=:465 | there is no certificate without SMTP_TLS_CERT_FILE"
            })
    void whatDoesNotFitTogetherIsTold(String variables, String problem) throws Exception {
        assertThatThrownBy(() -> Settings.from(environment(variables.split(" "))))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessageContaining(problem);
    }

    @Test
    void allOfItIsToldAtOnceAndNothingOfAHash() throws Exception {
        assertThatThrownBy(() -> Settings.from(environment(
                        "SMTP_AUTH=sometimes",
                        "SMTPS_ADDR=465",
                        "SMTP_TLS_KEY_FILE=BROKEN",
                        "SMTP_AUTH_WITHOUT_TLS=yes")))
                .hasMessageContainingAll(
                        "SMTP_AUTH is", "SMTPS_ADDR is", "SMTP_TLS_CERT_FILE is", "SMTP_AUTH_WITHOUT_TLS is")
                .message()
                .doesNotContain("secret");
    }

    @Test
    void aCertificateBesideThatOfSmtpServerXmlIsRefused() throws Exception {
        Path conf = Files.createDirectory(directory.resolve("james-conf"));
        String xml = Files.readString(Path.of("../james-conf/smtpserver.xml"));
        Files.writeString(
                conf.resolve("smtpserver.xml"),
                xml.replace("<maxmessagesize>", "<tls socketTLS=\"false\" startTLS=\"true\"/><maxmessagesize>"));
        Files.copy(Path.of("../james-conf/mailetcontainer.xml"), conf.resolve("mailetcontainer.xml"));
        assertThatThrownBy(() -> Settings.from(
                        environment("JAMES_CONF=" + conf, "SMTP_TLS_CERT_FILE=BROKEN", "SMTP_TLS_KEY_FILE=BROKEN")))
                .hasMessageContaining("smtpserver.xml has a certificate in <tls> too");
        assertThat(Settings.from(environment("JAMES_CONF=" + conf, "SMTP_AUTH=any"))
                        .auth()
                        .isOn())
                .as("a login over James' own TLS")
                .isTrue();
    }

    private Map<String, String> environment(String... variables) {
        try {
            Map<String, String> environment =
                    new HashMap<>(Map.of("JAMES_CONF", "../james-conf", "DATA_DIR", directory.toString()));
            String users = Files.writeString(
                            directory.resolve("users"),
                            "app "
                                    + PasswordHash.of("secret12".getBytes(StandardCharsets.UTF_8))
                                            .text())
                    .toString();
            String broken = Files.writeString(directory.resolve("broken"), "app secret12")
                    .toString();
            for (String variable : variables) {
                String[] parts = variable.split("=", 2);
                environment.put(
                        parts[0], parts[1].equals("USERS") ? users : parts[1].equals("BROKEN") ? broken : parts[1]);
            }
            return environment;
        } catch (java.io.IOException impossible) {
            throw new java.io.UncheckedIOException(impossible);
        }
    }
}
