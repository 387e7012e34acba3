package io.relaypod.containers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

import org.testcontainers.DockerClientFactory;

import com.github.dockerjava.api.exception.NotFoundException;

import io.relaypod.lab.Peers;

/** The Docker engine and the images in it. Asked once a JVM: no answer changes while tests run. */
final class Engine {

    static final String RELAY = "relaypod";
    static final String MAILPIT = "axllent/mailpit:v1.28.3";
    static final String SMTP2GRAPH = "smtp2graph/smtp2graph:v1.1.4";

    private static final Path SOCKET = Path.of("/var/run/docker.sock");
    private static final Optional<String> MISSING = findMissing();

    private Engine() {
    }

    /** Goes on only where an engine has the relay's image, which docker/image builds. */
    static void requireRelay() {
        Peers.require("docker", MISSING.isEmpty(), MISSING.orElse(""));
    }

    /** Goes on only where the engine has, besides, the released smtp2graph. */
    static void requireSmtp2Graph() {
        requireRelay();
        Peers.require("smtp2graph-in-docker", has(SMTP2GRAPH), "the Docker engine has no image " + SMTP2GRAPH);
    }

    /** Goes on only where the engine has, besides, the released Mailpit. */
    static void requireMailpit() {
        requireRelay();
        Peers.require("mailpit-in-docker", has(MAILPIT), "the Docker engine has no image " + MAILPIT);
    }

    private static Optional<String> findMissing() {
        // Testcontainers takes seconds to find that out.
        if (System.getenv("DOCKER_HOST") == null && !Files.exists(SOCKET)) {
            return Optional.of("there is no Docker engine at " + SOCKET);
        }
        try {
            if (!DockerClientFactory.instance().isDockerAvailable()) {
                return Optional.of("no Docker engine answers");
            }
        } catch (RuntimeException unusable) {
            return Optional.of("the Docker engine cannot be used: " + unusable.getMessage());
        }
        return has(RELAY) ? Optional.empty() : Optional.of("the Docker engine has no image " + RELAY + "; docker/image builds it");
    }

    private static boolean has(String image) {
        try {
            return !DockerClientFactory.instance().client().inspectImageCmd(image).exec().getId().isEmpty();
        } catch (NotFoundException none) {
            return false;
        }
    }
}
