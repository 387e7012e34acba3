package io.relaypod.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebAdminPropertiesTest {

    private static final String KEY = "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n";

    @TempDir
    private Path conf;

    private final ConfigurationFindings findings = new ConfigurationFindings();

    @BeforeEach
    void writeKeys() throws IOException {
        Files.writeString(conf.resolve("jwt.pem"), KEY);
        Files.writeString(conf.resolve("private.pem"), KEY.replace("PUBLIC", "PRIVATE"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jwt.enabled=true\njwt.publickeypem.url=file://conf/jwt.pem\n",
                "\ufeffjwt.enabled=true\njwt.publickeypem.url=file://conf/jwt.pem\n",
                "\ufeff# a comment\r\njwt.enabled : TRUE \r\njwt.publickeypem.url : file://conf/jwt.pem\r\n"
            })
    void theKeyIsInTheDirectoryOfTheConfiguration(String content) throws Exception {
        WebAdminProperties read = read(content);

        assertThat(findings.faults()).isEmpty();
        assertThat(read.asksForJwt()).isTrue();
        assertThat(read.publicKey()).contains(conf.resolve("jwt.pem"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "jwt.enable=true | webadmin.properties:1: jwt.enable is unknown; did you mean jwt.enabled?",
                "#x~jwt.enabled=yes | webadmin.properties:2: jwt.enabled is 'yes'; expected true or false",
                "jwt.enabled=true | webadmin.properties:1: jwt.enabled is true and jwt.publickeypem.url is missing",
                "jwt.enabled=true~jwt.publickeypem.url=file://conf/no.pem | webadmin.properties:2: jwt.publickeypem.url is 'file://conf/no.pem'; ",
                "jwt.enabled=true~jwt.publickeypem.url=file://conf/private.pem | it has no public key in PEM; expected a file with -----BEGIN PUBLIC KEY-----",
                "jwt.enabled=CHANGE-ME | webadmin.properties:1: jwt.enabled still has the placeholder CHANGE-ME",
                "x=\\u12 | webadmin.properties: Malformed"
            })
    void aFaultIsNamedWithItsLine(String content, String fault) throws Exception {
        read(content.replace('~', '\n'));

        assertThat(findings.faults()).anyMatch(found -> found.toString().contains(fault));
    }

    @Test
    void whatHasNoEffectIsAWarning() throws Exception {
        WebAdminProperties read = read("enabled=true\nport=8000\ncors.origin=*\nsomething=else\n");

        assertThat(findings.faults()).isEmpty();
        assertThat(findings.warnings()).hasSize(4);
        assertThat(read.asksForJwt()).isFalse();
    }

    @Test
    void aDirectoryOrBytesInItsPlaceAreNamed() throws Exception {
        Files.write(conf.resolve("webadmin.properties"), "a=\u00e4".getBytes(StandardCharsets.ISO_8859_1));
        WebAdminProperties.read(conf, conf, findings);
        Files.delete(conf.resolve("webadmin.properties"));
        Files.createDirectory(conf.resolve("webadmin.properties"));
        WebAdminProperties.read(conf, conf, findings);

        assertThat(findings.faults())
                .satisfiesExactly(
                        notText ->
                                assertThat(notText).asString().startsWith("webadmin.properties: it is not UTF-8 text"),
                        directory ->
                                assertThat(directory).asString().startsWith("webadmin.properties: it cannot be read"));
    }

    private WebAdminProperties read(String content) throws IOException {
        Files.writeString(conf.resolve("webadmin.properties"), content);
        return WebAdminProperties.read(conf, conf, findings);
    }
}
