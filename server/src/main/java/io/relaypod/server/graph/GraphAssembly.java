package io.relaypod.server.graph;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.inject.Provider;

import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.events.MailEventListener;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.graph.GraphErrors;
import io.relaypod.graph.GraphFollower;
import io.relaypod.graph.GraphListener;
import io.relaypod.graph.HealSettings;
import io.relaypod.server.settings.Smtp2GraphSettings;
import org.apache.james.mailrepository.api.MailRepositoryStore;

/**
 * The parts that follow copies behind Mailpit, put together.
 *
 * @param service follows; does nothing without SMTP2GRAPH_DATA
 * @param listener has to hear of each event of a mail
 */
public record GraphAssembly(GraphService service, MailEventListener listener) {

    private static final Path KERNEL = Path.of("/proc/stat");
    private static final String BOOT = "btime ";

    /**
     * @param state directory of the relay's own
     * @param listeners hear of each change of a copy, after the events of the mail
     */
    public static GraphAssembly of(
            Optional<Smtp2GraphSettings> settings,
            Path state,
            Clock clock,
            MeterRegistry meters,
            GraphErrors errors,
            Collection<GraphListener> listeners,
            Provider<MailEventPublisher> events,
            Provider<MailRepositoryStore> repositories)
            throws IOException {
        if (settings.isEmpty()) {
            return new GraphAssembly(new GraphService(Optional.empty()), event -> {});
        }
        CopyEvents copyEvents = new CopyEvents(events);
        List<GraphListener> all = new ArrayList<>(List.of(copyEvents));
        all.addAll(listeners);
        HealSettings heal = new HealSettings(settings.get().heal(), new FailedCopies(repositories), copyEvents, boot());
        GraphFollower follower = new GraphFollower(settings.get().directory(), state, clock, errors, all, heal);
        GraphMeters graphMeters = new GraphMeters(meters);
        graphMeters.follow(meters, follower, clock);
        GraphService service = new GraphService(Optional.of(follower));
        return new GraphAssembly(service, event -> {
            service.onEvent(event);
            graphMeters.onEvent(event);
        });
    }

    // Elsewhere than on Linux no machine's start is known; then no file counts as written before it.
    private static Instant boot() {
        try {
            return Files.readAllLines(KERNEL).stream()
                    .filter(line -> line.startsWith(BOOT))
                    .map(line -> Instant.ofEpochSecond(
                            Long.parseLong(line.substring(BOOT.length()).strip())))
                    .findFirst()
                    .orElse(Instant.EPOCH);
        } catch (IOException | NumberFormatException unknown) {
            return Instant.EPOCH;
        }
    }
}
