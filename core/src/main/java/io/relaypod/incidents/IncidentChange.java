package io.relaypod.incidents;

import java.time.Instant;
import java.util.Optional;

/**
 * The beginning or the end of an incident.
 *
 * @param end empty for the beginning
 * @param summary the reason of the incident; at the end, the last reason that was seen
 */
public record IncidentChange(Incident incident, Optional<Instant> end, String summary) {

    public boolean isEnd() {
        return end.isPresent();
    }
}
