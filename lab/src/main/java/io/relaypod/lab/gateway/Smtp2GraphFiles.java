package io.relaypod.lab.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The directories in smtp2graph's data directory. */
record Smtp2GraphFiles(Path data) {

    Path temp() {
        return data.resolve("mailroot/temp");
    }

    Path queue() {
        return data.resolve("mailroot/queue");
    }

    Path failed() {
        return data.resolve("mailroot/failed");
    }

    Path logs() {
        return data.resolve("logs");
    }

    void create() throws IOException {
        for (Path folder : List.of(temp(), queue(), failed())) {
            Files.createDirectories(folder);
        }
    }

    /** The names of the message files in a folder, sorted; empty if the folder does not exist. */
    static List<String> mails(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".eml"))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException notThere) {
            return List.of();
        }
    }
}
