package io.relaypod.k8s;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import io.relaypod.lab.Peers;

/** A program on the PATH, or at the path in the environment variable with its upper-case name. */
record InstalledProgram(String name) {

    private static final long SECONDS = 60;

    /** Skips the test unless the program is installed. */
    void require() {
        Peers.require(name, find().isPresent(), name + " is not installed");
    }

    /**
     * Runs the program and returns its output.
     *
     * @throws IOException with the error output if the program fails
     */
    String run(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(find().orElseThrow().toString()));
        command.addAll(arguments);
        Path errors = Files.createTempFile(name, ".err");
        try {
            Process process =
                    new ProcessBuilder(command).redirectError(errors.toFile()).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException(command + ": " + output + Files.readString(errors));
            }
            return output;
        } finally {
            Files.delete(errors);
        }
    }

    private Optional<Path> find() {
        return Optional.ofNullable(System.getenv(name.toUpperCase(Locale.ROOT)))
                .map(Path::of)
                .filter(Files::isExecutable)
                .or(() -> Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name))
                        .filter(Files::isExecutable)
                        .findFirst());
    }
}
