package io.relaypod.k8s;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Renders manifests with kustomize. */
final class Kustomize {

    private static final InstalledProgram PROGRAM = new InstalledProgram("kustomize");

    private Kustomize() {}

    /** Skips the test unless kustomize is installed. */
    static void require() {
        PROGRAM.require();
    }

    static Manifests build(Path overlay) throws IOException, InterruptedException {
        return Manifests.parse(PROGRAM.run(List.of("build", overlay.toString())));
    }
}
