package io.relaypod.server.james;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HoldModuleTest {

    @TempDir
    private Path dataDir;

    @Test
    void aRelayWhoseNameWasNotWrittenToTheEndGetsAnother() throws IOException {
        Files.createFile(Files.createDirectory(dataDir.resolve("graph")).resolve("relay"));

        String name = HoldModule.relay(dataDir);

        assertThat(name).as("two relays without a name would be one").isNotEmpty();
        assertThat(HoldModule.relay(dataDir)).isEqualTo(name);
    }
}
