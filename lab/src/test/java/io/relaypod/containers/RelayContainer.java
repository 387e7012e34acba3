package io.relaypod.containers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import io.relaypod.lab.Engine;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * The relay's image as a pod runs it: 192 MiB, read-only except for its volume and /tmp, with no capability except
 * NET_BIND_SERVICE, and no privilege escalation. {@link #close()} deletes the volume.
 */
final class RelayContainer implements AutoCloseable {

    static final long MEMORY = 192L << 20;
    static final String DATA_DIR = "/var/lib/relaypod";

    private static final int STOP_SECONDS = 30;

    private final GenericContainer<?> container;
    private final DockerClient engine = Engine.client();

    private RelayContainer(GenericContainer<?> container) {
        this.container = container;
    }

    /** Starts a relay that serves port 25 in a network of its own, published at a free port. */
    static RelayContainer isolated(Map<String, String> environment) {
        return start(new GenericContainer<>(DockerImageName.parse(Engine.RELAY))
                .withEnv(environment)
                .withExposedPorts(25));
    }

    /** Starts a relay in the host's network, so that it reaches the lab at 127.0.0.1. */
    static RelayContainer beside(Map<String, String> environment) {
        return start(new GenericContainer<>(DockerImageName.parse(Engine.RELAY))
                .withEnv(environment)
                .withNetworkMode("host"));
    }

    private static RelayContainer start(GenericContainer<?> container) {
        container
                .withCreateContainerCmdModifier(command -> harden(command, MEMORY, Capability.NET_BIND_SERVICE))
                .start();
        return new RelayContainer(container);
    }

    /** Applies the security context of the pod's containers: a memory limit, a read-only root, few capabilities. */
    static void harden(CreateContainerCmd command, long memory, Capability... rights) {
        HostConfig host = command.getHostConfig();
        command.withHostConfig(host.withMemory(memory)
                .withMemorySwap(memory)
                .withReadonlyRootfs(true)
                .withTmpFs(Map.of("/tmp", "rw"))
                .withCapDrop(Capability.ALL)
                .withCapAdd(rights)
                .withSecurityOpts(List.of("no-new-privileges")));
    }

    /** Removes the variables of directories, which differ in the image. */
    static Map<String, String> inImage(Map<String, String> environment) {
        Map<String, String> complete = new HashMap<>(environment);
        complete.keySet().removeAll(Set.of("DATA_DIR", "JAMES_CONF"));
        return Map.copyOf(complete);
    }

    int port() {
        return container.getMappedPort(25);
    }

    boolean isRunning() {
        return container.isRunning();
    }

    String log() {
        return container.getLogs();
    }

    InspectContainerResponse inspect() {
        return engine.inspectContainerCmd(container.getContainerId()).exec();
    }

    /** Stops the relay as {@code docker stop} and Kubernetes do. Returns the exit code. */
    int stop() {
        engine.stopContainerCmd(container.getContainerId())
                .withTimeout(STOP_SECONDS)
                .exec();
        return inspect().getState().getExitCodeLong().intValue();
    }

    /** Kills the relay, to simulate a crash. */
    void kill() {
        engine.killContainerCmd(container.getContainerId()).withSignal("KILL").exec();
    }

    /** Starts the relay again, with the same volume. */
    void startAgain() {
        engine.startContainerCmd(container.getContainerId()).exec();
    }

    /** The exit code of the image's HEALTHCHECK. */
    int health() throws IOException, InterruptedException {
        List<String> check = inspect().getConfig().getHealthcheck().getTest();
        return exitCodeOf(check.subList(1, check.size()).toArray(String[]::new));
    }

    int exitCodeOf(String... command) throws IOException, InterruptedException {
        return container.execInContainer(command).getExitCode();
    }

    String output(String... command) throws IOException, InterruptedException {
        return container.execInContainer(command).getStdout();
    }

    /** The password of webadmin, from the command that an operator uses. */
    String password() {
        try {
            return output("java", "@/relaypod", "webadmin-password").strip();
        } catch (IOException unanswered) {
            throw new UncheckedIOException(unanswered);
        } catch (InterruptedException stopNow) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("interrupted while asking for the password", stopNow));
        }
    }

    @Override
    public void close() {
        container.stop();
    }
}
