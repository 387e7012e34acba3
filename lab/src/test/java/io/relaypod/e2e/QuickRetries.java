package io.relaypod.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A copy of james-conf with retries short enough for a test. */
final class QuickRetries {

    private QuickRetries() {}

    /** @return the copy, in the given folder */
    static Path in(Path folder) throws IOException {
        Path copy = Files.createDirectories(folder.resolve("james-conf"));
        try (Stream<Path> files = Files.list(Path.of("../james-conf"))) {
            List<Path> originals = files.filter(Files::isRegularFile).toList();
            for (Path file : originals) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        Path mailets = copy.resolve("mailetcontainer.xml");
        Files.writeString(
                mailets,
                Files.readString(mailets)
                        .replaceAll(
                                "(?s)<delayTime>.*?</delayTime>",
                                "<heldPause>200 ms</heldPause><delayTime>125 * 200 ms</delayTime>"));
        return copy;
    }
}
