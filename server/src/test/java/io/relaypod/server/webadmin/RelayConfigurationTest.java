package io.relaypod.server.webadmin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.Variable;
import io.relaypod.server.webadmin.JamesXml.XmlValue;
import io.relaypod.server.webadmin.RelayConfiguration.ConfiguredValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RelayConfigurationTest {

    @TempDir
    private Path conf;

    @Test
    void itIsToldWhereEachValueComesFrom() throws IOException {
        Settings settings = settings(Map.of("UPSTREAM_PORT", "2525"));

        assertThat(RelayConfiguration.shown(settings))
                .hasSize(Variable.values().length)
                .containsEntry("UPSTREAM_PORT", new ConfiguredValue("2525", false, "environment"))
                .containsEntry("UPSTREAM_HOST", new ConfiguredValue("127.0.0.1", true, "default"));
        assertThat(JamesXml.values(settings.jamesConf()))
                .contains(
                        new XmlValue("mailetcontainer.xml", "processors/transport/RemoteDelivery/maxRetries", "125"),
                        new XmlValue(
                                "mailetcontainer.xml",
                                "processors/transport/RemoteDelivery/gateway",
                                "${env:UPSTREAM_HOST}"));
    }

    @Test
    void aVariableThatTheXmlDoesNotNameIsNotUsed() throws IOException {
        for (String file : List.of("smtpserver.xml", "mailetcontainer.xml")) {
            String xml = Files.readString(Path.of("../james-conf", file))
                    .replace("<gateway>${env:UPSTREAM_HOST}", "<!-- ${env:UPSTREAM_HOST} --><gateway>mailpit.example")
                    .replace("<atOnce>", "<gatewayPassword>s3cret</gatewayPassword><atOnce>");
            Files.writeString(conf.resolve(file), xml);
        }
        Settings settings = settings(Map.of("UPSTREAM_HOST", "elsewhere", "JAMES_CONF", conf.toString()));

        assertThat(RelayConfiguration.shown(settings))
                .containsEntry("UPSTREAM_HOST", new ConfiguredValue("elsewhere", false, "not used"));
        assertThat(JamesXml.values(conf)).extracting(XmlValue::value).contains("mailpit.example", "***");
        assertThat(JamesXml.values(conf).toString()).doesNotContain("s3cret");
    }

    @Test
    void aFileThatCannotBeReadIsNamed() throws IOException {
        Files.writeString(conf.resolve("smtpserver.xml"), "<smtpservers><unclosed></smtpservers>");
        Files.writeString(
                conf.resolve("mailetcontainer.xml"),
                "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><mailetcontainer><a>&e;</a></mailetcontainer>");

        assertThat(JamesXml.values(conf))
                .extracting(XmlValue::file)
                .containsExactly("smtpserver.xml", "mailetcontainer.xml");
        assertThat(JamesXml.values(conf))
                .allSatisfy(value ->
                        assertThat(value.value()).startsWith("cannot be read: ").doesNotContain("root:"));
    }

    private Settings settings(Map<String, String> variables) {
        Map<String, String> all = new HashMap<>(Map.of("DATA_DIR", conf.toString(), "JAMES_CONF", "../james-conf"));
        all.putAll(variables);
        return Settings.from(all);
    }
}
