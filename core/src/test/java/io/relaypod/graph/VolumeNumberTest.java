package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A volume that the relay can only read. */
class VolumeNumberTest {

    @TempDir
    private Path home;

    private Smtp2GraphFolder smtp2graph;
    private VolumeNumber volume;

    @BeforeEach
    void follow() throws IOException {
        smtp2graph = new Smtp2GraphFolder(Files.createDirectory(home.resolve("data"))).made();
        smtp2graph.start(Instant.EPOCH);
        volume = new VolumeNumber(Files.createDirectory(home.resolve("state")), smtp2graph.directory);
        grow(false);
    }

    private void grow(boolean isWritable) {
        volume.grow(isWritable, true, Instant.now());
    }

    @Test
    void aLaterStateIsTheSameVolume() throws IOException {
        smtp2graph.start(Instant.now());
        assertThat(volume.isSame()).isTrue();
    }

    @Test
    void theSameInodeWithAnotherLogIsAnotherVolume() throws IOException {
        Files.delete(smtp2graph.directory.logs().resolve("combined.log"));
        assertThat(volume.isSame()).isFalse();
        smtp2graph.start(Instant.now());
        assertThat(volume.isSame()).isFalse();
    }

    @Test
    void anOlderStateIsAnotherVolume() throws IOException {
        Files.setLastModifiedTime(
                smtp2graph.directory.queue(), FileTime.from(Instant.now().minusSeconds(60)));
        assertThat(volume.isSame()).isFalse();
    }

    @Test
    void aNumberThatCouldNotBeWrittenIsNotMissed() throws IOException {
        grow(true);
        Files.delete(smtp2graph.directory.queue().resolve("relaypod-volume"));
        assertThat(volume.isErased()).isTrue();
        Path inTheWay = smtp2graph.directory.queue().resolve("relaypod-volume.new");
        Files.createDirectory(inTheWay);

        grow(true);

        assertThat(volume.isErased()).isFalse();
        assertThat(volume.isSame()).isFalse();
    }

    @Test
    void aDamagedNumberIsAnotherVolume() throws IOException {
        grow(true);
        Files.write(smtp2graph.directory.queue().resolve("relaypod-volume"), new byte[] {(byte) 0xff, 0, (byte) 0xfe});
        assertThat(volume.isSame()).isFalse();
    }

    @Test
    void anErasureIsNoticedAlthoughTheLastNumberCouldNotBeWritten() throws IOException {
        grow(true);
        Files.createDirectory(smtp2graph.directory.queue().resolve("relaypod-volume.new"));
        grow(true);

        Files.delete(smtp2graph.directory.queue().resolve("relaypod-volume"));

        assertThat(volume.isErased()).isTrue();
    }
}
