package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;

import io.relaypod.lab.Engine;
import org.testcontainers.containers.GenericContainer;

/** The released Mailpit in a container, if a Docker engine has its image or can pull it: {@link Engine}. */
public final class MailpitInDocker {

    private MailpitInDocker() {}

    /** Starts the pinned release in the host's network, so that it reaches a next hop at 127.0.0.1. */
    public static RealMailpit start(int port, Relaying relaying) throws IOException {
        return start(MailpitRelease.pinned(), port, relaying);
    }

    /** Starts the given release. */
    static RealMailpit start(MailpitRelease release, int port, Relaying relaying) throws IOException {
        InetSocketAddress smtp = RealMailpit.freeAddress();
        InetSocketAddress http = RealMailpit.freeAddress();
        GenericContainer<?> container = new GenericContainer<>(Engine.mailpit(release))
                .withNetworkMode("host")
                .withEnv(RealMailpit.environment(smtp, http, relaying));
        container.start();
        try {
            return RealMailpit.attach(
                    port, smtp, http, " in Docker, " + Engine.mailpit(release), container::stop, container::isRunning);
        } catch (IOException e) {
            container.stop();
            throw e;
        }
    }
}
