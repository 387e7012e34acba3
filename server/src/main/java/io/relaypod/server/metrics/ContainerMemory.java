package io.relaypod.server.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The container's working set, as Kubernetes calls it: the memory that the kernel counts for the cgroup (version 2 or
 * 1), less the inactive file cache. The container's memory limit applies to it. Other processes of the container and
 * the kernel's buffers are included. Thread-safe.
 */
final class ContainerMemory {

    private static final List<CgroupFiles> KNOWN = List.of(
            new CgroupFiles("memory.current", "memory.stat", "inactive_file "),
            new CgroupFiles("memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file "));

    private final Path cgroup;

    /**
     * The files of one cgroup version.
     *
     * @param cacheKey the key of the inactive file cache in {@code statistics}
     */
    private record CgroupFiles(String usage, String statistics, String cacheKey) {}

    ContainerMemory() {
        this(Path.of("/sys/fs/cgroup"));
    }

    ContainerMemory(Path cgroup) {
        this.cgroup = cgroup;
    }

    /** In bytes; NaN if no cgroup file can be read. */
    double bytes() {
        return KNOWN.stream()
                .filter(files -> Files.isReadable(cgroup.resolve(files.usage())))
                .mapToDouble(this::bytes)
                .findFirst()
                .orElse(Double.NaN);
    }

    private double bytes(CgroupFiles files) {
        try (Stream<String> statistics = Files.lines(cgroup.resolve(files.statistics()))) {
            long usage = Long.parseLong(
                    Files.readString(cgroup.resolve(files.usage())).strip());
            long cache = statistics
                    .filter(line -> line.startsWith(files.cacheKey()))
                    .mapToLong(line -> Long.parseLong(
                            line.substring(files.cacheKey().length()).strip()))
                    .findFirst()
                    .orElse(0);
            return Math.max(0, usage - cache);
        } catch (IOException | NumberFormatException unreadable) {
            return Double.NaN;
        }
    }
}
