package io.relaypod.server.metrics;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import com.google.common.base.CharMatcher;
import com.sun.management.OperatingSystemMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.logging.LogbackMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.core.instrument.binder.system.DiskSpaceMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.netty.buffer.PooledByteBufAllocator;

/** Meters of the whole process: JVM, operating system, disk, Netty's buffers, log lines. Closed with the relay. */
public final class RelayMeters implements AutoCloseable {

    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final LogbackMetrics log = new LogbackMetrics();

    /** @param dataDir on the disk whose space is measured */
    public RelayMeters(MeterRegistry registry, Path dataDir) {
        List.<MeterBinder>of(
                        gc,
                        log,
                        new JvmMemoryMetrics(),
                        new JvmThreadMetrics(),
                        new ClassLoaderMetrics(),
                        new ProcessorMetrics(),
                        new UptimeMetrics(),
                        new FileDescriptorMetrics(),
                        new DiskSpaceMetrics(dataDir.toFile()),
                        new NettyAllocatorMetrics(PooledByteBufAllocator.DEFAULT))
                .forEach(binder -> binder.bindTo(registry));
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
            FunctionCounter.builder("process.cpu", system, process -> process.getProcessCpuTime() / 1e9)
                    .baseUnit("seconds")
                    .description("Processor time of the process, user and system")
                    .register(registry);
        }
        Gauge.builder("process.resident.memory", Path.of("/proc/self/status"), RelayMeters::residentBytes)
                .baseUnit("bytes")
                .description("Resident memory of the process, heap included; NaN without /proc")
                .strongReference(true)
                .register(registry);
        Gauge.builder("relaypod.container.memory", new ContainerMemory(), ContainerMemory::bytes)
                .baseUnit("bytes")
                .description(
                        "Memory that the kernel counts for the container, without reclaimable file cache; NaN if it cannot be read")
                .strongReference(true)
                .register(registry);
        Gauge.builder("relaypod.temporary.files", TemporaryFiles.ofThisProcess(), TemporaryFiles::bytes)
                .baseUnit("bytes")
                .description("Size of the temporary files of large messages in flight")
                .strongReference(true)
                .register(registry);
    }

    private static double residentBytes(Path status) {
        try (Stream<String> lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .findFirst()
                    .map(line -> Long.parseLong(CharMatcher.inRange('0', '9').retainFrom(line)) * 1024.0)
                    .orElse(Double.NaN);
        } catch (IOException noProc) {
            return Double.NaN;
        }
    }

    @Override
    public void close() {
        gc.close();
        log.close();
    }
}
