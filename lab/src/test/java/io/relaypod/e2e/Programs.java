package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.relaypod.lab.Peers;

/** Runs installed programs. */
final class Programs {

    private static final int PATIENCE_SECONDS = 120;

    private Programs() {}

    /**
     * The result of a program.
     *
     * @param text standard output and standard error
     */
    record ProgramResult(int exitCode, String text) {}

    /** Skips the test, or fails it, as {@link Peers} says, if the program is not installed. */
    static Path require(String name) {
        Optional<Path> program = Stream.concat(
                        Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin", "/usr/local/sbin"))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst();
        Peers.require(name, program.isPresent(), name + " is not installed");
        return program.orElseThrow();
    }

    static ProgramResult run(Path directory, String input, List<String> command)
            throws IOException, InterruptedException {
        Path given = Files.writeString(Files.createTempFile("input", ".txt"), input);
        Path said = Files.createTempFile("output", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectInput(given.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                return new ProgramResult(-1, "no end after " + PATIENCE_SECONDS + " s: " + Files.readString(said));
            }
            return new ProgramResult(process.exitValue(), new String(Files.readAllBytes(said), StandardCharsets.UTF_8));
        } finally {
            Files.delete(given);
            Files.delete(said);
        }
    }

    /** What the browser says of the address, with a profile of its own in the directory. */
    static String chromium(Path directory, String address, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                require("chromium").toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--user-data-dir=" + directory.resolve("profile")));
        command.addAll(List.of(options));
        command.add(address);
        ProgramResult result = run(directory, "", command);
        assertThat(result.exitCode()).as(result.text()).isZero();
        return result.text();
    }
}
