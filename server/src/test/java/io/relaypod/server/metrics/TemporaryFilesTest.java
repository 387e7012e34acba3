package io.relaypod.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;

import io.relaypod.memory.TemporaryFileName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFilesTest {

    @TempDir
    private Path directory;

    @Test
    void filesOfAKilledProcessAreDeletedAndFilesInUseOrOfAnotherRelayStay() throws Exception {
        Instant start = Instant.now();
        Path left = file("mimemessage-" + TemporaryFileName.of("queue-1") + ".m64", start.minus(Duration.ofMinutes(1)));
        Path inUse = file(TemporaryFileName.of("mail-2"), start.plus(Duration.ofSeconds(1)));
        Path ofAnother = file("relaypod-other-mail-3", start.minus(Duration.ofMinutes(1)));

        new TemporaryFiles(directory).sweep(start);

        assertThat(left).doesNotExist();
        assertThat(inUse).exists();
        assertThat(ofAnother).exists();
        assertThat(new TemporaryFiles(directory).bytes()).isEqualTo(6);
    }

    private Path file(String name, Instant changed) throws Exception {
        Path file = Files.writeString(directory.resolve(name), "a mail");
        return Files.setLastModifiedTime(file, FileTime.from(changed));
    }
}
