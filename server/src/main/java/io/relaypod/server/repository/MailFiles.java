package io.relaypod.server.repository;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;

import io.relaypod.server.files.DurableFile;
import io.relaypod.server.files.DurableFile.FileContent;

/**
 * A directory with two files for each mail: the message as {@code .eml}, and the envelope as {@code .json}. Both are
 * synced, and the envelope is written last, so that a crash leaves a whole mail or none. Thread-safe.
 */
final class MailFiles {

    private static final String MESSAGE = ".eml";
    private static final String ENVELOPE = ".json";
    private static final int LONGEST_NAME = 240;

    private final Path directory;
    private final ConcurrentMap<String, RepositoryEntry> kept = new ConcurrentHashMap<>();

    /**
     * A stored mail.
     *
     * @param bytes of both files
     * @param since when it was stored
     */
    record RepositoryEntry(String key, long bytes, Instant since) {}

    /** Reads the directory, or creates it. */
    MailFiles(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
        try (Stream<Path> files = Files.list(directory)) {
            for (Path envelope :
                    (Iterable<Path>) files.filter(file -> file.toString().endsWith(ENVELOPE))::iterator) {
                String name = envelope.getFileName().toString();
                register(URLDecoder.decode(
                        name.substring(0, name.length() - ENVELOPE.length()), StandardCharsets.UTF_8));
            }
        }
    }

    private void register(String key) throws IOException {
        if (Files.exists(file(key, MESSAGE)) && Files.exists(file(key, ENVELOPE))) {
            kept.put(
                    key,
                    new RepositoryEntry(
                            key,
                            Files.size(file(key, MESSAGE)) + Files.size(file(key, ENVELOPE)),
                            Files.getLastModifiedTime(file(key, ENVELOPE)).toInstant()));
        }
    }

    // The encoding keeps each key within the directory.
    private Path file(String key, String ending) {
        return directory.resolve(URLEncoder.encode(key, StandardCharsets.UTF_8) + ending);
    }

    /** @throws IOException if the mail is not on the disk; a mail stored before under the key then remains */
    synchronized void store(String key, FileContent message, FileContent envelope) throws IOException {
        if (URLEncoder.encode(key, StandardCharsets.UTF_8).length() > LONGEST_NAME) {
            throw new IOException("the name of the mail is too long for a file: " + key);
        }
        DurableFile.replace(file(key, MESSAGE), message);
        DurableFile.replace(file(key, ENVELOPE), envelope);
        try (FileChannel entries = FileChannel.open(directory, StandardOpenOption.READ)) {
            entries.force(true);
        }
        register(key);
    }

    synchronized void remove(String key) throws IOException {
        Files.deleteIfExists(file(key, ENVELOPE));
        Files.deleteIfExists(file(key, MESSAGE));
        kept.remove(key);
    }

    Map<String, RepositoryEntry> kept() {
        return Map.copyOf(kept);
    }

    int size() {
        return kept.size();
    }

    long bytes() {
        return kept.values().stream().mapToLong(RepositoryEntry::bytes).sum();
    }

    Optional<Path> envelope(String key) {
        return Optional.of(key)
                .filter(kept::containsKey)
                .map(known -> file(known, ENVELOPE))
                .filter(Files::exists);
    }

    /** The message's bytes; its file is open as long as the stream is. */
    InputStream message(String key) throws IOException {
        return Files.newInputStream(file(key, MESSAGE));
    }

    long messageBytes(String key) throws IOException {
        return Files.size(file(key, MESSAGE));
    }
}
