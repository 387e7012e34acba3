package io.relaypod.graph;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.relaypod.graph.FollowedCopy.CopyPlace;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Files of smtp2graph that exist and cannot be read, so that nobody knows whose they are. Bounded. For one thread. */
final class UnreadableFiles {

    private static final Logger LOGGER = LoggerFactory.getLogger(UnreadableFiles.class);

    private static final int MOST = 1_000;

    private final Map<String, UnreadFile> files = new LinkedHashMap<>();

    private record UnreadFile(CopyPlace place, String reason) {}

    /** In {@code temp/}, smtp2graph may not be ready with a file; it is not added. */
    void add(Path file, CopyPlace place, Exception reason) {
        if (place == CopyPlace.TEMP || !Files.isRegularFile(file)) {
            return;
        }
        String name = String.valueOf(file.getFileName());
        if (files.isEmpty()) {
            LOGGER.warn("event=graph-file-unreadable file={} place={} reason=\"{}\"", name, place, reason.toString());
        }
        if (files.size() < MOST || files.containsKey(name)) {
            files.put(name, new UnreadFile(place, reason.toString()));
        }
    }

    void remove(String name) {
        files.remove(name);
    }

    List<String> names() {
        return List.copyOf(files.keySet());
    }

    /** Whether one of them may be that of an expected copy. */
    boolean isAnyQueued() {
        return files.values().stream().anyMatch(file -> file.place() == CopyPlace.QUEUE);
    }

    /** Problem for an administrator; empty if all files can be read. */
    Optional<String> problem() {
        return files.entrySet().stream()
                .findFirst()
                .map(first ->
                        "%d files of smtp2graph cannot be read by the user %s, such as %s: %s; smtp2graph and relaypod need the same user or group"
                                .formatted(
                                        files.size(),
                                        System.getProperty("user.name"),
                                        first.getKey(),
                                        first.getValue().reason()));
    }
}
