package io.relaypod.server.settings;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * Tests whether a directory can be created and written, by writing: permissions do not show it for /proc. Stateless.
 */
final class WritableDirectory {

    // A full disk is no wrong setting: the relay starts and delivers the queued messages.
    private static final Set<String> FULL = Set.of("No space left on device", "Disk quota exceeded");
    private static final Set<String> IN_MEMORY = Set.of("tmpfs", "ramfs", "devtmpfs");

    private WritableDirectory() {}

    /** The reason why nothing can be written there; empty if it can. */
    static Optional<String> problem(Path directory) {
        Path existing = existing(directory);
        if (!Files.isDirectory(existing)) {
            return Optional.of(existing + " is no directory");
        }
        try {
            Files.delete(Files.createTempFile(existing, ".relaypod-", ".probe"));
            return Optional.empty();
        } catch (FileSystemException refused) {
            return FULL.contains(String.valueOf(refused.getReason()))
                    ? Optional.empty()
                    : Optional.of("nothing can be written in " + existing + ": "
                            + Optional.ofNullable(refused.getReason())
                                    .orElse(refused.getClass().getSimpleName()));
        } catch (IOException | RuntimeException refused) {
            return Optional.of("nothing can be written in " + existing + ": " + refused.getMessage());
        }
    }

    /** Whether its content is lost when the container or the machine stops. */
    static boolean isInMemory(Path directory) {
        try {
            return IN_MEMORY.contains(Files.getFileStore(existing(directory)).type());
        } catch (IOException unknown) {
            return false;
        }
    }

    private static Path existing(Path directory) {
        Path existing = directory;
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return existing;
    }
}
