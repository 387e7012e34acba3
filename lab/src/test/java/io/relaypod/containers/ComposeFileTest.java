package io.relaypod.containers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;

/** What Docker would do with docker/compose.yaml, and a check of the file alone does not show. */
class ComposeFileTest {

    /** smtp2graph's image has a directory of root at this place. An empty volume gets the owner of the last image. */
    @Test
    void smtp2graphsVolumeKeepsTheOwnerThatTheRelaysImageGivesIt() throws Exception {
        assertThat(Files.readAllLines(Path.of("../docker/compose.yaml")).stream()
                        .filter(line -> line.matches(" +- .*smtp2graph.*/data\\b.*")))
                .isNotEmpty()
                .allMatch(line -> line.contains("volume: {nocopy: true}"));
    }
}
