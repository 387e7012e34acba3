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
 * The relay's image as a pod runs it: 192 MiB, read-only but for its volume and /tmp, no capability but
 * NET_BIND_SERVICE, no way to gain another. Its volume goes with {@link #close()}.
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

    /** One that serves port 25 in a network of its own, published at a free port. */
    static RelayContainer isolated(Map<String, String> environment) {
        return start(new GenericContainer<>(DockerImageName.parse(Engine.RELAY))
                .withEnv(environment)
                .withExposedPorts(25));
    }

    /** One in the host's network, where it reaches the lab at 127.0.0.1. */
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

    /**
     * As the pod does with each of its containers: so much memory, a read-only root but for /tmp, no rights but these.
     */
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

    /** Without what is elsewhere in the image. */
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

    /** As {@code docker stop} and a pod's end do; the exit code. */
    int stop() {
        engine.stopContainerCmd(container.getContainerId())
                .withTimeout(STOP_SECONDS)
                .exec();
        return inspect().getState().getExitCodeLong().intValue();
    }

    /** As a crash does. */
    void kill() {
        engine.killContainerCmd(container.getContainerId()).withSignal("KILL").exec();
    }

    /** Runs it again, with what is on its volume. */
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

    /** Of webadmin, as an operator asks for it. */
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
