package io.relaypod.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NotifySettingsTest {

    @TempDir
    private Path directory;

    private Settings settings(Map<String, String> variables) {
        Map<String, String> environment = new HashMap<>(variables);
        environment.put("DATA_DIR", directory.toString());
        environment.put("JAMES_CONF", "../james-conf");
        return Settings.from(environment);
    }

    @Test
    void withoutAUrlThereAreNoNotifications() {
        assertThat(settings(Map.of()).notifications()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "https://hooks.slack.com/services/T/B/x, SLACK",
        "https://contoso.webhook.office.com/webhookb2/x, TEAMS",
        "https://prod-1.westeurope.logic.azure.com:443/workflows/x, TEAMS",
        "https://default.01.environment.api.powerplatform.com/x, TEAMS",
        "https://ntfy.sh/topic, NTFY",
        "https://hooks.slack.com.evil.example/x, JSON",
        "https://notntfy.sh/x, JSON",
        "http://receiver.monitoring:8080/hook, JSON",
        "HTTPS://[2001:db8::1]:8443/x?y=z, JSON"
    })
    void theHostDecidesTheForm(String url, NotifyForm form) {
        assertThat(settings(Map.of("NOTIFY_URL", url)).notifications())
                .get()
                .extracting(NotifySettings::form)
                .isEqualTo(form);
        assertThat(settings(Map.of("NOTIFY_URL", url, "NOTIFY_FORM", "slack")).notifications())
                .get()
                .extracting(NotifySettings::form)
                .isEqualTo(NotifyForm.SLACK);
    }

    @Test
    void theUrlCanComeFromAFile() throws Exception {
        Path file = Files.writeString(directory.resolve("url"), "https://hooks.slack.com/services/T/B/x\n");

        assertThat(settings(Map.of("NOTIFY_URL_FILE", file.toString())).notifications())
                .get()
                .extracting(NotifySettings::host)
                .isEqualTo("hooks.slack.com");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hooks.slack.com/S3CRET",
                "ftp://x.example/S3CRET",
                "https:///S3CRET",
                "https://me:S3CRET@x.example/",
                "https://x.example/ S3CRET",
                "https://x.example/#S3CRET",
                "https://x.example:0/S3CRET",
                "https://x.example:99999/S3CRET",
                "https://x_y.example/S3CRET"
            })
    void aUrlThatCannotBeUsedIsRefusedAndNotShown(String url) throws Exception {
        assertThatThrownBy(() -> settings(Map.of("NOTIFY_URL", url)))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessageContaining("NOTIFY_URL is '(not shown)'; expected an http or https URL")
                .message()
                .doesNotContain("S3CRET");
        Path file = Files.writeString(directory.resolve("url"), url);
        assertThatThrownBy(() -> settings(Map.of("NOTIFY_URL_FILE", file.toString())))
                .hasMessageContaining("it has no http or https URL")
                .message()
                .doesNotContain("S3CRET");
    }

    @Test
    void anEmptyUrlFileIsOneFault() throws Exception {
        Path file = Files.writeString(directory.resolve("url"), " \n");

        assertThatThrownBy(() -> settings(Map.of("NOTIFY_URL_FILE", file.toString())))
                .hasMessageContaining("NOTIFY_URL_FILE is '" + file + "'; it cannot be read: ")
                .message()
                .doesNotContain("it has no http or https URL");
    }

    @Test
    void aRelativePathIsShownAsItIsWritten() {
        assertThatThrownBy(() -> settings(Map.of("NOTIFY_CA_FILE", "no/file")))
                .hasMessageContaining("NoSuchFileException: no/file; expected");
    }

    @Test
    void whatDoesNotFitTogetherIsRefused() throws Exception {
        String file = Files.writeString(directory.resolve("file"), "https://x.example/")
                .toString();
        assertThatThrownBy(() -> settings(Map.of("NOTIFY_URL", "https://x.example/", "NOTIFY_URL_FILE", file)))
                .hasMessageContaining("NOTIFY_URL is set too");
        assertThatThrownBy(() -> settings(Map.of("NOTIFY_SECRET_FILE", file)))
                .hasMessageContaining("it means nothing without NOTIFY_URL");
        assertThatThrownBy(
                        () -> settings(Map.of("NOTIFY_URL", "https://hooks.slack.com/x", "NOTIFY_SECRET_FILE", file)))
                .hasMessageContaining("the form slack has no secret beside its URL");
        assertThatThrownBy(() -> settings(Map.of("NOTIFY_FORM", "smoke", "NOTIFY_URL", "https://x.example/")))
                .hasMessageContaining("expected auto, json, slack, teams or ntfy");
        assertThatThrownBy(() -> settings(Map.of("NOTIFY_CA_FILE", file, "NOTIFY_URL", "https://x.example/")))
                .hasMessageContaining("NOTIFY_CA_FILE");
    }
}
