package io.relaypod.graph;

import java.nio.file.Path;

/**
 * smtp2graph's base directory, which is {@code /data} in its image. smtp2graph makes the directories in it at its first
 * start, so they may not exist yet. Immutable.
 *
 * @param root the base directory
 */
public record Smtp2GraphDirectory(Path root) {

    /** Files that smtp2graph writes, whose 250 is not given yet or was given a moment ago. */
    public Path temp() {
        return mailroot().resolve("temp");
    }

    /** Complete files that smtp2graph sends. */
    public Path queue() {
        return mailroot().resolve("queue");
    }

    /** Files that smtp2graph has given up. */
    public Path failed() {
        return mailroot().resolve("failed");
    }

    /** {@code error.log} and its rotations. */
    public Path logs() {
        return root.resolve("logs");
    }

    /** The relay's own directory on smtp2graph's volume, which smtp2graph does not know. */
    public Path relay() {
        return root.resolve("relaypod");
    }

    /** Files that are out of {@link #queue} for a moment. */
    Path again() {
        return relay().resolve("again");
    }

    /** Files that the relay takes into its failed repository. */
    Path withdrawn() {
        return relay().resolve("withdrawn");
    }

    /** The directory with {@link #temp}, {@link #queue} and {@link #failed}. */
    public Path mailroot() {
        return root.resolve("mailroot");
    }
}
