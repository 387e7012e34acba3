package io.relaypod.server.notify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.relaypod.incidents.Incident;
import io.relaypod.incidents.IncidentKind;
import io.relaypod.server.files.DurableFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps open incidents and waiting notifications over a restart, in one small file. A disk that is full must not stop
 * notifications, so a failure to write is only logged. For one thread at a time.
 */
final class NotifyFile {

    private static final Logger LOGGER = LoggerFactory.getLogger(NotifyFile.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LARGEST = 1 << 20;

    private final Path file;

    /** Contents of the file, oldest first. */
    record NotifyState(List<Incident> open, List<Notification> waiting) {

        NotifyState {
            open = List.copyOf(open);
            waiting = List.copyOf(waiting);
        }
    }

    NotifyFile(Path file) {
        this.file = file;
    }

    /** Returns what was saved; nothing if there is no file, or if it is damaged. */
    NotifyState load() {
        try {
            if (!Files.exists(file)) {
                return new NotifyState(List.of(), List.of());
            }
            if (Files.size(file) > LARGEST) {
                throw new IOException("it is larger than " + LARGEST + " bytes");
            }
            JsonNode saved = JSON.readTree(file.toFile());
            List<Incident> open = new ArrayList<>();
            saved.path("open").forEach(incident -> open.add(incident(incident)));
            List<Notification> waiting = new ArrayList<>();
            saved.path("waiting").forEach(message -> waiting.add(notification(message)));
            return new NotifyState(open, waiting);
        } catch (IOException | DateTimeParseException | IllegalArgumentException damaged) {
            LOGGER.warn("event=notify-state-unreadable file={} reason=\"{}\"", file, damaged.getMessage());
            return new NotifyState(List.of(), List.of());
        }
    }

    void save(NotifyState state) {
        ObjectNode saved = JSON.createObjectNode();
        ArrayNode open = saved.putArray("open");
        state.open()
                .forEach(incident -> open.addObject()
                        .put("id", incident.id())
                        .put("kind", incident.kind().name())
                        .put("since", incident.since().toString())
                        .put("reason", incident.reason()));
        ArrayNode waiting = saved.putArray("waiting");
        state.waiting().forEach(message -> {
            ObjectNode one = waiting.addObject()
                    .put("id", message.id())
                    .put("kind", message.kind().name())
                    .put("relay", message.relay())
                    .put("since", message.since().toString())
                    .put("reason", message.reason())
                    .put("created", message.created().toString());
            message.end().ifPresent(end -> one.put("end", end.toString()));
        });
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            byte[] json = JSON.writeValueAsBytes(saved);
            DurableFile.replace(file, out -> out.write(json));
        } catch (IOException notSaved) {
            LOGGER.warn("event=notify-state-not-saved file={} reason=\"{}\"", file, notSaved.getMessage());
        }
    }

    private static Incident incident(JsonNode saved) {
        return new Incident(
                saved.path("id").asText(),
                IncidentKind.valueOf(saved.path("kind").asText()),
                Instant.parse(saved.path("since").asText()),
                saved.path("reason").asText());
    }

    private static Notification notification(JsonNode saved) {
        return new Notification(
                saved.path("id").asText(),
                IncidentKind.valueOf(saved.path("kind").asText()),
                saved.path("relay").asText(),
                Instant.parse(saved.path("since").asText()),
                saved.has("end") ? Optional.of(Instant.parse(saved.path("end").asText())) : Optional.empty(),
                saved.path("reason").asText(),
                Instant.parse(saved.path("created").asText()));
    }
}
