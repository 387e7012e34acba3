package io.relaypod.graph;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

import io.relaypod.graph.FollowedCopy.CopyPlace;

/**
 * smtp2graph's base directory, which is {@code /data} in its image, and which of the directories in it has a file.
 * smtp2graph makes them at its first start, so they may not exist yet. An error other than a missing file does not tell
 * where a file is; it is thrown as an {@link UncheckedIOException}. Immutable.
 *
 * @param root the base directory
 */
public record Smtp2GraphDirectory(Path root) {

    /** Places of files in {@link #mailroot}, in the order in which smtp2graph moves a file. */
    static final List<CopyPlace> PLACES = List.of(CopyPlace.TEMP, CopyPlace.QUEUE, CopyPlace.FAILED);

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

    Path of(CopyPlace place) {
        return switch (place) {
            case TEMP -> temp();
            case QUEUE -> queue();
            case FAILED -> failed();
            case RELAY -> relay();
        };
    }

    /** Which of the {@link #PLACES} has the file. It is not overlooked if smtp2graph moves it meanwhile. */
    Optional<CopyPlace> placeOf(String fileName) {
        return PLACES.stream()
                .filter(place -> exists(of(place).resolve(fileName)))
                .findFirst();
    }

    /** Whether the relay took the file out of the {@link #PLACES}, so that its absence there tells nothing. */
    boolean isTakenOut(String fileName) {
        try {
            return exists(again().resolve(fileName)) || exists(withdrawn().resolve(fileName));
        } catch (UncheckedIOException unknown) {
            return true;
        }
    }

    /** Passes on the names of the messages in a directory. */
    static void list(Path directory, Consumer<String> names) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(".eml"))
                    .forEach(names);
        }
    }

    /** When the file was last moved or written; empty if that cannot be told. */
    Optional<Instant> changedAt(CopyPlace place, String fileName) {
        try {
            Path file = of(place).resolve(fileName);
            return Optional.of(((FileTime) Files.getAttribute(file, "unix:ctime")).toInstant());
        } catch (IOException | UnsupportedOperationException unknown) {
            return Optional.empty();
        }
    }

    private static boolean exists(Path file) {
        try {
            Files.readAttributes(file, BasicFileAttributes.class);
            return true;
        } catch (NoSuchFileException absent) {
            return false;
        } catch (IOException unknown) {
            throw new UncheckedIOException(unknown);
        }
    }

    /** @throws IOException if one of the {@link #PLACES} does not exist or cannot be read */
    void requireReadable() throws IOException {
        for (CopyPlace place : PLACES) {
            Path needed = of(place);
            if (!Files.readAttributes(needed, BasicFileAttributes.class).isDirectory()) {
                throw new NotDirectoryException(needed.toString());
            }
            if (!Files.isReadable(needed) || !Files.isExecutable(needed)) {
                throw new AccessDeniedException(needed.toString());
            }
        }
    }

    /** The failure of an access, for an administrator. */
    String problem(Exception failure) {
        Throwable inner = failure.getCause();
        Throwable cause = failure instanceof UncheckedIOException && inner != null ? inner : failure;
        if (Files.notExists(mailroot())) {
            return "smtp2graph has not been started yet: " + mailroot() + " does not exist";
        }
        if (cause instanceof AccessDeniedException denied) {
            return denied.getFile() + " cannot be read by the user " + System.getProperty("user.name")
                    + "; smtp2graph and relaypod need the same user or group";
        }
        return cause instanceof NoSuchFileException
                ? "smtp2graph has not made its directories: " + cause.getMessage() + " does not exist"
                : String.valueOf(cause.getMessage());
    }
}
