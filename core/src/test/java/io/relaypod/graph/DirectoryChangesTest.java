package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryChangesTest {

    @TempDir
    private Path home;

    private static DirectoryChanges withoutInotify(Path directory) throws IOException {
        return new DirectoryChanges(List.of(directory), () -> {
            throw new IOException("User limit of inotify instances reached or too many open files");
        });
    }

    @Test
    void withoutAFreeInotifyInstanceDirectoriesArePolled() throws Exception {
        Path directory = Files.createDirectory(home.resolve("queue"));
        Files.setLastModifiedTime(directory, FileTime.from(Instant.now().minusSeconds(60)));
        try (DirectoryChanges changes = withoutInotify(directory)) {
            assertThat(changes.withoutEvents().orElseThrow()).contains("inotify instances");
            changes.listing(directory);
            assertThat(changes.poll(Duration.ofMillis(300)).unlisted()).isEmpty();
            Files.writeString(directory.resolve("x.eml"), "x");
            assertThat(changes.poll(Duration.ofMillis(300)).unlisted()).containsExactly(directory);
        }
    }

    @Test
    void aReplacedDirectoryIsNoticedWithoutInotify() throws Exception {
        Path directory = Files.createDirectory(home.resolve("queue"));
        try (DirectoryChanges changes = withoutInotify(directory)) {
            Files.move(directory, home.resolve("before"));
            Files.createDirectory(directory);
            assertThat(changes.poll(Duration.ofMillis(300)).isGone()).isTrue();
        }
    }

    @Test
    void aDirectoryThatDoesNotExistIsAnError() {
        assertThatThrownBy(() -> new DirectoryChanges(List.of(home.resolve("none"))))
                .isInstanceOf(NoSuchFileException.class);
    }
}
