package io.relaypod.graph;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Names of files that appeared, changed or vanished in directories. Uses inotify; if the system has no more instances
 * or watches, the directories' times, up to four times a second. A directory has to be listed again if events were
 * lost, if its time changed without an event, as on a file system that reports none, and each 30 s. For one thread.
 */
final class DirectoryChanges implements AutoCloseable {

    private static final Duration CHECK = Duration.ofSeconds(1);
    private static final Duration CHECK_WITHOUT_EVENTS = Duration.ofMillis(250);
    private static final Duration LIST = Duration.ofSeconds(30);
    // A second change within the resolution of the file system's clock leaves the time as it is.
    private static final Duration RESOLUTION = Duration.ofSeconds(2);

    private final Optional<WatchService> watcher;
    private Optional<String> withoutEvents = Optional.empty();
    private final Map<WatchKey, Path> keys = new HashMap<>();
    private final Map<Path, WatchedDirectory> directories = new HashMap<>();
    private long checkedNanos = System.nanoTime();
    private long listedNanos = System.nanoTime();

    /** What is known of a directory since its last listing. */
    private static final class WatchedDirectory {
        private FileTime listedAt = FileTime.fromMillis(0);
        private boolean hadEvents;
        private final Object key;

        WatchedDirectory(Path directory) throws IOException {
            key = key(directory);
        }

        boolean isReplaced(Path directory) throws IOException {
            return !key.equals(key(directory));
        }

        private static Object key(Path directory) throws IOException {
            return Objects.requireNonNullElse(
                    Files.readAttributes(directory, BasicFileAttributes.class).fileKey(), directory);
        }
    }

    /** Makes the system's source of events. */
    @FunctionalInterface
    interface WatchSource {
        WatchService open() throws IOException;
    }

    /**
     * What changed.
     *
     * @param names by directory
     * @param unlisted directories in which anything may have changed
     * @param isGone whether a directory was deleted or replaced, so that nothing of what was watched can be trusted
     */
    record ChangedNames(Map<Path, Set<String>> names, Set<Path> unlisted, boolean isGone) {}

    /** @throws IOException if a directory does not exist or cannot be read */
    DirectoryChanges(Collection<Path> watched) throws IOException {
        this(watched, FileSystems.getDefault()::newWatchService);
    }

    DirectoryChanges(Collection<Path> watched, WatchSource source) throws IOException {
        for (Path directory : watched) {
            directories.put(directory, new WatchedDirectory(directory));
        }
        watcher = watch(source);
    }

    /** Why the system reports no events; empty if it does. */
    Optional<String> withoutEvents() {
        return withoutEvents;
    }

    private Optional<WatchService> watch(WatchSource source) throws IOException {
        Optional<WatchService> opened = Optional.empty();
        try {
            opened = Optional.of(source.open());
            for (Path directory : directories.keySet()) {
                keys.put(
                        directory.register(
                                opened.get(),
                                StandardWatchEventKinds.ENTRY_CREATE,
                                StandardWatchEventKinds.ENTRY_MODIFY,
                                StandardWatchEventKinds.ENTRY_DELETE),
                        directory);
            }
            return opened;
        } catch (NoSuchFileException | AccessDeniedException | NotDirectoryException unusable) {
            close(opened);
            throw unusable;
        } catch (IOException | RuntimeException noMore) {
            close(opened);
            keys.clear();
            withoutEvents = Optional.of(noMore.toString());
            return Optional.empty();
        }
    }

    private static void close(Optional<WatchService> opened) throws IOException {
        if (opened.isPresent()) {
            opened.get().close();
        }
    }

    /** The directory is about to be listed: changes before this call need not be reported. */
    void listing(Path directory) throws IOException {
        WatchedDirectory known = directories.get(directory);
        if (known != null) {
            known.listedAt = Files.getLastModifiedTime(directory);
            known.hadEvents = false;
        }
    }

    /** Waits for a change. */
    ChangedNames poll(Duration longest) throws InterruptedException, IOException {
        Map<Path, Set<String>> names = new HashMap<>();
        Set<Path> unlisted = new HashSet<>();
        boolean isGone = false;
        try {
            if (watcher.isPresent()) {
                isGone = collect(watcher.get(), longest, names, unlisted);
            } else {
                Thread.sleep(Math.min(longest.toMillis(), CHECK.toMillis()));
            }
        } catch (ClosedWatchServiceException closed) {
            throw new IOException("the watch was closed", closed);
        }
        Duration between = watcher.isPresent() ? CHECK : CHECK_WITHOUT_EVENTS;
        if (System.nanoTime() - checkedNanos >= between.toNanos()) {
            for (Map.Entry<Path, WatchedDirectory> each : directories.entrySet()) {
                isGone |= each.getValue().isReplaced(each.getKey());
            }
            unlisted.addAll(changedWithoutEvents());
            checkedNanos = System.nanoTime();
        }
        if (System.nanoTime() - listedNanos >= LIST.toNanos()) {
            unlisted.addAll(directories.keySet());
            listedNanos = System.nanoTime();
        }
        return new ChangedNames(names, unlisted, isGone);
    }

    private boolean collect(WatchService events, Duration longest, Map<Path, Set<String>> names, Set<Path> unlisted)
            throws InterruptedException {
        boolean isGone = false;
        WatchKey key = events.poll(longest.toMillis(), TimeUnit.MILLISECONDS);
        while (key != null) {
            Path directory = keys.get(key);
            if (directory != null) {
                collect(key, directory, names, unlisted);
            }
            isGone |= !key.reset();
            key = events.poll();
        }
        return isGone;
    }

    private void collect(WatchKey key, Path directory, Map<Path, Set<String>> names, Set<Path> unlisted) {
        for (WatchEvent<?> event : key.pollEvents()) {
            if (event.context() instanceof Path name) {
                names.computeIfAbsent(directory, none -> new LinkedHashSet<>()).add(name.toString());
                WatchedDirectory known = directories.get(directory);
                if (known != null) {
                    known.hadEvents = true;
                }
            } else {
                unlisted.add(directory);
            }
        }
    }

    private Set<Path> changedWithoutEvents() throws IOException {
        Set<Path> changed = new HashSet<>();
        for (Map.Entry<Path, WatchedDirectory> each : directories.entrySet()) {
            WatchedDirectory known = each.getValue();
            if (known.hadEvents) {
                known.hadEvents = false;
                known.listedAt = Files.getLastModifiedTime(each.getKey());
                continue;
            }
            FileTime time = Files.getLastModifiedTime(each.getKey());
            boolean isRecent = Math.abs(System.currentTimeMillis() - time.toMillis()) < RESOLUTION.toMillis();
            if (!time.equals(known.listedAt) || isRecent) {
                changed.add(each.getKey());
            }
        }
        return changed;
    }

    @Override
    public void close() throws IOException {
        close(watcher);
    }
}
