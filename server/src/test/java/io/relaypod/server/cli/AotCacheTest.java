package io.relaypod.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AotCacheTest {

    private static final String OPTION = "-XX:AOTCache=/opt/relaypod/relaypod.aot";

    @TempDir
    private Path directory;

    @Test
    void aCacheInUseAndAJvmOutsideOfAnImageHaveNoObstacle() throws IOException {
        Path mapped = map("7000000-7010000 r--p 00000000 fe:00 1 /opt/relaypod/relaypod.aot\n");

        assertThat(new AotCache(List.of("-Xmx64m", OPTION), mapped).obstacle()).isEmpty();
        assertThat(new AotCache(List.of("-Xmx64m"), map("")).obstacle()).isEmpty();
        assertThat(AotCache.ofThisJvm().obstacle()).isEmpty();
    }

    @Test
    void anImageOfAnotherProcessorSaysSo() throws IOException {
        assertThat(new AotCache(List.of("-Xmx64m", "-Drelaypod.aot=none"), map("")).obstacle())
                .hasValueSatisfying(reason -> assertThat(reason).contains("another kind of processor"));
    }

    @Test
    void aCacheThatTheJvmCannotUseIsNamed() throws IOException {
        assertThat(new AotCache(List.of(OPTION), map("7000000-7010000 r--p 0 fe:00 1 /opt/relaypod/jre/lib/modules\n"))
                        .obstacle())
                .hasValueSatisfying(reason -> assertThat(reason).contains("/opt/relaypod/relaypod.aot", "-Xlog:aot"));
    }

    @Test
    void aSystemWithoutAMemoryMapHasNoObstacle() {
        assertThat(new AotCache(List.of(OPTION), directory.resolve("none")).obstacle())
                .isEmpty();
    }

    private Path map(String text) throws IOException {
        return Files.writeString(Files.createTempFile(directory, "maps", ""), text);
    }
}
