package io.relaypod.k8s;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import io.relaypod.lab.Peers;

/** Renders manifests with the kustomize that the environment variable KUSTOMIZE names, or that is on the PATH. */
final class Kustomize {

    private static final long SECONDS = 60;

    private Kustomize() {}

    /** Goes on only where there is one. */
    static void require() {
        Peers.require("kustomize", find().isPresent(), "kustomize is not installed");
    }

    static Manifests build(Path overlay) throws IOException, InterruptedException {
        Path errors = Files.createTempFile("kustomize", ".err");
        try {
            Process process = new ProcessBuilder(find().orElseThrow().toString(), "build", overlay.toString())
                    .redirectError(errors.toFile())
                    .start();
            String rendered = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException("kustomize build " + overlay + ": " + Files.readString(errors));
            }
            return Manifests.parse(rendered);
        } finally {
            Files.delete(errors);
        }
    }

    private static Optional<Path> find() {
        Optional<Path> named =
                Optional.ofNullable(System.getenv("KUSTOMIZE")).map(Path::of).filter(Files::isExecutable);
        return named.or(() -> Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .map(folder -> Path.of(folder, "kustomize"))
                .filter(Files::isExecutable)
                .findFirst());
    }
}
