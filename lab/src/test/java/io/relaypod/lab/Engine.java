package io.relaypod.lab;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import io.relaypod.lab.gateway.MailpitRelease;
import org.testcontainers.DockerClientFactory;

/** The Docker engine and its images. Each question is asked once in a JVM, since answers do not change meanwhile. */
public final class Engine {

    public static final String RELAY = "relaypod";
    public static final String LAB = "relaypod-lab";
    public static final String SMTP2GRAPH = "smtp2graph/smtp2graph:v1.1.4";

    private static final Path SOCKET = Path.of("/var/run/docker.sock");
    private static final long PULL_SECONDS = 120;
    private static final Optional<String> OBSTACLE = findObstacle();
    private static final Map<String, Boolean> RELEASED = new ConcurrentHashMap<>();

    private Engine() {}

    /** Skips the test unless an engine has the images of the relay and the lab, which docker/image builds. */
    public static void requireRelay() {
        Optional<String> missing = OBSTACLE.or(() -> has(RELAY) && has(LAB)
                ? Optional.empty()
                : Optional.of("the Docker engine has no image " + RELAY + " or " + LAB + "; docker/image builds them"));
        Peers.require("docker", missing.isEmpty(), missing.orElse(""));
    }

    /** The image of a release of Mailpit. */
    public static String mailpit(MailpitRelease release) {
        return "axllent/mailpit:" + release.version();
    }

    /** Skips the test unless an engine has the image of this Mailpit or can pull it. */
    public static void requireMailpit(MailpitRelease release) {
        require("mailpit-in-docker", mailpit(release));
    }

    /** Skips the test unless an engine has smtp2graph's image or can pull it. */
    public static void requireSmtp2Graph() {
        require("smtp2graph-in-docker", SMTP2GRAPH);
    }

    /** Whether the engine has a released image, or can pull it. */
    public static boolean canRun(String image) {
        return OBSTACLE.isEmpty() && RELEASED.computeIfAbsent(image, name -> has(name) || pulled(name));
    }

    public static DockerClient client() {
        return DockerClientFactory.instance().client();
    }

    private static void require(String peer, String image) {
        Peers.require(
                peer,
                canRun(image),
                OBSTACLE.orElse("the Docker engine has no image " + image + " and cannot pull it"));
    }

    private static Optional<String> findObstacle() {
        // Testcontainers needs seconds to find this out.
        if (System.getenv("DOCKER_HOST") == null && !Files.exists(SOCKET)) {
            return Optional.of("there is no Docker engine at " + SOCKET);
        }
        try {
            return DockerClientFactory.instance().isDockerAvailable()
                    ? Optional.empty()
                    : Optional.of("no Docker engine answers");
        } catch (RuntimeException unusable) {
            return Optional.of("the Docker engine cannot be used: " + unusable.getMessage());
        }
    }

    private static boolean has(String image) {
        try {
            return !client().inspectImageCmd(image).exec().getId().isEmpty();
        } catch (NotFoundException none) {
            return false;
        }
    }

    /** Where tests run, usually no registry can be reached. Testcontainers would try for minutes. */
    private static boolean pulled(String image) {
        try {
            return client().pullImageCmd(image).start().awaitCompletion(PULL_SECONDS, TimeUnit.SECONDS) && has(image);
        } catch (DockerException noRegistry) {
            return false;
        } catch (InterruptedException stopNow) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
