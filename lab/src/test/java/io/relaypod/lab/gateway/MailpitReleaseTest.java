package io.relaypod.lab.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MailpitReleaseTest {

    @ParameterizedTest
    @ValueSource(strings = {"../k8s/base/20-deployment.yaml", "../docker/compose.yaml"})
    void thePinnedReleaseIsTheInstalledOne(String file) throws IOException {
        assertThat(Files.readString(Path.of(file)).lines().filter(line -> line.contains("axllent/mailpit")))
                .singleElement()
                .asString()
                .endsWith("image: axllent/mailpit:" + MailpitRelease.pinned().version());
    }

    @Test
    void theUpgradePageListsAllReleases() throws IOException {
        assertThat(Files.readString(Path.of("../docs/upgrade.md")))
                .contains(List.of(MailpitRelease.values()).stream()
                        .map(MailpitRelease::version)
                        .toList());
    }

    @ParameterizedTest
    @CsvSource({"v1.28.3, V1_28_3", "v1.29.7, V1_28_3", "v1.30.5, V1_30_5", "1.30.12, V1_30_5", "v2.0.0-rc1, V1_30_5"})
    void aVersionBehavesAsTheNewestKnownReleaseBeforeIt(String reported, MailpitRelease release) {
        assertThat(MailpitRelease.of(reported)).isEqualTo(release);
    }

    @Test
    void aVersionOlderThanAllKnownReleasesIsRejected() {
        assertThatThrownBy(() -> MailpitRelease.of("v1.20.0")).hasMessageContaining("older than v1.28.3");
    }
}
