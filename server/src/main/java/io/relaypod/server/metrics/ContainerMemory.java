package io.relaypod.server.metrics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The memory that the kernel counts for the container (cgroup v2 or v1), without the file cache that it would reclaim
 * first: what Kubernetes calls the working set, and what the limit applies to. Includes other processes of the
 * container, and buffers of the kernel. Thread-safe.
 */
final class ContainerMemory {

    private static final List<CgroupFiles> KNOWN = List.of(
            new CgroupFiles("memory.current", "memory.stat", "inactive_file "),
            new CgroupFiles("memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file "));

    private final Path cgroup;

    /** Files of a version of cgroups, and the key of the cache in the second. */
    private record CgroupFiles(String usage, String statistics, String cacheKey) {}

    ContainerMemory() {
        this(Path.of("/sys/fs/cgroup"));
    }

    ContainerMemory(Path cgroup) {
        this.cgroup = cgroup;
    }

    /** In bytes; NaN if the system does not tell. */
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
