package io.relaypod.lab.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.TreeMap;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * smtp2graph's error.log: a JSON object on each line. When a file reaches the maximum size, error1.log, error2.log and
 * so on follow. The ten newest files are kept. A new process begins with error.log. Thread-safe.
 */
final class Smtp2GraphLog {

    /** Size in bytes at which smtp2graph 1.1.4 begins the next file. */
    static final long RELEASED_SIZE = 2L << 20;

    private static final int FILES = 10;
    private static final DateTimeFormatter TIMESTAMP =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx", Locale.ROOT);

    private final Path folder;
    private final long maxBytes;
    private final Clock clock;
    private final ObjectMapper json = new ObjectMapper();
    private int file;

    Smtp2GraphLog(Path folder, long maxBytes, Clock clock) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.maxBytes = maxBytes;
        this.clock = clock;
        append("");
    }

    synchronized void failed(String filename, GraphClient.SendFailure failure) {
        TreeMap<String, String> line = new TreeMap<>();
        line.put("filename", filename);
        line.put("level", "error");
        line.put("message", "[MailQueue] Failed to send message \"" + filename + "\"");
        line.put("timestamp", clock.instant().atZone(ZoneId.systemDefault()).format(TIMESTAMP));
        line.put("error", failure.words());
        if (!failure.name().isEmpty()) {
            line.put("name", failure.name());
            line.put("stack", failure.name() + ": " + failure.words() + "\n    at Mailer.sendEml (server.js:1:1)");
        }
        try {
            append(json.writeValueAsString(line) + "\n");
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("strings are JSON", impossible);
        } catch (IOException unwritable) {
            throw new UncheckedIOException(unwritable);
        }
    }

    private void append(String line) throws IOException {
        while (Files.exists(path(file)) && Files.size(path(file)) >= maxBytes) {
            file++;
            if (file >= FILES) {
                Files.deleteIfExists(path(file - FILES));
            }
        }
        Files.writeString(
                path(file), line, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private Path path(int number) {
        return folder.resolve(number == 0 ? "error.log" : "error" + number + ".log");
    }
}
