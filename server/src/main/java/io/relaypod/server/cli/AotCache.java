package io.relaypod.server.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The file with the classes that the image loads at a start: docs/memory.md. Without it the start takes about twice as
 * long, and the JVM itself says nothing about that. Immutable.
 */
record AotCache(List<String> jvmOptions, Path memoryMap) {

    private static final String OPTION = "-XX:AOTCache=";
    // The image has it in place of the option if it was not built on its own processor.
    private static final String NONE = "-Drelaypod.aot=none";

    AotCache {
        jvmOptions = List.copyOf(jvmOptions);
    }

    /** Of this process. */
    static AotCache ofThisJvm() {
        return new AotCache(ManagementFactory.getRuntimeMXBean().getInputArguments(), Path.of("/proc/self/maps"));
    }

    /** Why an image starts without its cache. Empty if the cache is in use, and outside of an image. */
    Optional<String> obstacle() {
        if (jvmOptions.contains(NONE)) {
            return Optional.of("the image was built on another kind of processor");
        }
        return jvmOptions.stream()
                .filter(option -> option.startsWith(OPTION))
                .map(option -> option.substring(OPTION.length()))
                .filter(file -> !isMapped(file))
                .findFirst()
                .map(file -> "the JVM cannot use " + file + "; JDK_JAVA_OPTIONS=-Xlog:aot makes it write the reason");
    }

    private boolean isMapped(String file) {
        try {
            return Files.readString(memoryMap).contains(file);
        } catch (IOException notLinux) {
            return true;
        }
    }
}
