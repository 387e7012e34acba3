package io.relaypod.server.notify;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

import io.relaypod.incidents.IncidentChange;
import io.relaypod.incidents.IncidentKind;

/**
 * A message that an incident began or ended. Has no address, but names of hosts and queue ids. Immutable.
 *
 * @param id unique; the same in each attempt to send it
 * @param relay name of the relay's host, such as the pod's
 * @param end empty for the beginning
 */
record Notification(
        String id,
        IncidentKind kind,
        String relay,
        Instant since,
        Optional<Instant> end,
        String reason,
        Instant created) {

    private static final int VERSION = 1;

    static Notification of(IncidentChange change, String relay, Instant now) {
        return new Notification(
                change.incident().id() + (change.isEnd() ? "-end" : "-begin"),
                change.incident().kind(),
                relay,
                change.incident().since(),
                change.end(),
                change.summary(),
                now);
    }

    String title() {
        return relay + ": " + (end.isPresent() ? kind.end() : kind.beginning());
    }

    /** The lines below the title. */
    String text() {
        return end.map(time -> "It lasted " + words(Duration.between(since, time)) + ", since " + seconds(since)
                        + ".\nLast reason: " + reason)
                .orElseGet(() -> "Since " + seconds(since) + ".\nReason: " + reason + "\nEffect: " + kind.effect()
                        + "\nWhat to do: " + kind.cure());
    }

    private static String seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static String words(Duration time) {
        Duration positive = time.isNegative() ? Duration.ZERO : time;
        if (positive.toMinutes() < 1) {
            return positive.toSeconds() + " s";
        }
        return positive.toHours() < 1
                ? positive.toMinutes() + " min"
                : positive.toHours() + " h " + positive.toMinutesPart() + " min";
    }

    /** The fields of the form json. */
    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("version", VERSION);
        fields.put("id", id);
        fields.put("incident", kind.label());
        fields.put("state", end.isPresent() ? "end" : "begin");
        fields.put("relay", relay);
        fields.put("since", since.toString());
        end.ifPresent(time -> fields.put("until", time.toString()));
        fields.put("title", title());
        fields.put("reason", reason);
        fields.put("effect", kind.effect());
        fields.put("cure", kind.cure());
        return fields;
    }
}
