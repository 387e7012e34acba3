package io.relaypod.graph;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Names of files that appeared, changed or vanished in directories. Uses inotify. A directory has to be listed again if
 * events were lost, and if its time changed without an event, as on a file system that reports none. For one thread.
 */
final class DirectoryChanges implements AutoCloseable {

    private static final Duration CHECK = Duration.ofSeconds(1);
    // A second change within the resolution of the file system's clock leaves the time as it is.
    private static final Duration RESOLUTION = Duration.ofSeconds(2);

    private final WatchService watcher;
    private final Map<WatchKey, Path> keys = new HashMap<>();
    private final Map<Path, WatchedDirectory> directories = new HashMap<>();
    private long checkedNanos = System.nanoTime();

    /** What is known of a directory since its last listing. */
    private static final class WatchedDirectory {
        private FileTime listedAt = FileTime.fromMillis(0);
        private boolean hadEvents;
    }

    /**
     * What changed.
     *
     * @param names by directory
     * @param unlisted directories in which anything may have changed
     * @param isGone whether a directory was deleted or replaced, so that nothing of what was watched can be trusted
     */
    record ChangedNames(Map<Path, Set<String>> names, Set<Path> unlisted, boolean isGone) {}

    /** @throws IOException if the system has no more watches, or a directory does not exist */
    DirectoryChanges(Collection<Path> watched) throws IOException {
        watcher = FileSystems.getDefault().newWatchService();
        try {
            for (Path directory : watched) {
                keys.put(
                        directory.register(
                                watcher,
                                StandardWatchEventKinds.ENTRY_CREATE,
                                StandardWatchEventKinds.ENTRY_MODIFY,
                                StandardWatchEventKinds.ENTRY_DELETE),
                        directory);
                directories.put(directory, new WatchedDirectory());
            }
        } catch (IOException | RuntimeException failed) {
            watcher.close();
            throw failed;
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
            WatchKey key = watcher.poll(longest.toMillis(), TimeUnit.MILLISECONDS);
            while (key != null) {
                Path directory = keys.get(key);
                if (directory != null) {
                    collect(key, directory, names, unlisted);
                }
                isGone |= !key.reset();
                key = watcher.poll();
            }
        } catch (ClosedWatchServiceException closed) {
            throw new IOException("the watch was closed", closed);
        }
        if (System.nanoTime() - checkedNanos >= CHECK.toNanos()) {
            checkedNanos = System.nanoTime();
            unlisted.addAll(changedWithoutEvents());
        }
        return new ChangedNames(names, unlisted, isGone);
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
        watcher.close();
    }
}
