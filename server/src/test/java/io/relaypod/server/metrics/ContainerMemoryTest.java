package io.relaypod.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerMemoryTest {

    @TempDir
    private Path cgroup;

    @Test
    void inactiveFileCacheIsNotCounted() throws IOException {
        write("memory.current", "1000\n");
        write("memory.stat", "anon 600\ninactive_file 300\nactive_file 100\n");

        assertThat(new ContainerMemory(cgroup).bytes()).isEqualTo(700);
    }

    @Test
    void cgroupVersion1IsReadToo() throws IOException {
        write("memory/memory.usage_in_bytes", "1000\n");
        write("memory/memory.stat", "inactive_file 5\ntotal_inactive_file 400\n");

        assertThat(new ContainerMemory(cgroup).bytes()).isEqualTo(600);
    }

    @Test
    void memoryIsNaNIfTheKernelDoesNotReportIt() throws IOException {
        assertThat(new ContainerMemory(cgroup).bytes()).isNaN();
        write("memory.current", "max\n");
        write("memory.stat", "");
        assertThat(new ContainerMemory(cgroup).bytes()).isNaN();
    }

    private void write(String file, String text) throws IOException {
        Files.createDirectories(cgroup.resolve(file).getParent());
        Files.writeString(cgroup.resolve(file), text);
    }
}
