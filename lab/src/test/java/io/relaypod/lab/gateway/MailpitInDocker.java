package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.RemoteDockerImage;
import org.testcontainers.utility.DockerImageName;

/** The released Mailpit in a container, where a Docker engine has its image or can get it. */
public final class MailpitInDocker {

    private static final DockerImageName IMAGE = DockerImageName.parse("axllent/mailpit:v1.28.3");
    private static final Path SOCKET = Path.of("/var/run/docker.sock");
    /** No registry in reach must cost a build seconds, not the minutes that Docker tries for. */
    private static final long SECONDS_FOR_THE_IMAGE = 60;
    /** Asked once a JVM: neither answer changes while tests run. */
    private static final Optional<String> MISSING = findMissing();

    private MailpitInDocker() {
    }

    /** What is missing for a Mailpit in Docker; nothing if it can be started. */
    public static Optional<String> missing() {
        return MISSING;
    }

    /** Starts one in the host's network, where it reaches a next hop at 127.0.0.1. */
    public static RealMailpit start(Relaying relaying) throws IOException {
        InetSocketAddress smtp = RealMailpit.freeAddress();
        InetSocketAddress http = RealMailpit.freeAddress();
        GenericContainer<?> container = new GenericContainer<>(IMAGE)
                .withNetworkMode("host")
                .withEnv(RealMailpit.environment(smtp, http, relaying));
        container.start();
        try {
            return RealMailpit.attach(Mailpit.ANY_PORT, smtp, http, " in Docker, " + IMAGE, container::stop,
                    container::isRunning);
        } catch (IOException e) {
            container.stop();
            throw e;
        }
    }

    private static Optional<String> findMissing() {
        // Testcontainers takes seconds to find that out.
        if (System.getenv("DOCKER_HOST") == null && !Files.exists(SOCKET)) {
            return Optional.of("there is no Docker engine at " + SOCKET);
        }
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            return Optional.of("no Docker engine answers");
        }
        CompletableFuture<String> image = CompletableFuture.supplyAsync(new RemoteDockerImage(IMAGE)::get);
        try {
            image.get(SECONDS_FOR_THE_IMAGE, TimeUnit.SECONDS);
            return Optional.empty();
        } catch (TimeoutException e) {
            image.cancel(true);
            return Optional.of("Docker did not get " + IMAGE + " within " + SECONDS_FOR_THE_IMAGE + " s");
        } catch (ExecutionException e) {
            return Optional.of("Docker cannot get " + IMAGE + ": " + e.getCause().getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("interrupted while Docker was getting " + IMAGE);
        }
    }
}
