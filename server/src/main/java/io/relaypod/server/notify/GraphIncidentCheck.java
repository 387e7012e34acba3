package io.relaypod.server.notify;

import java.util.Optional;

import io.relaypod.events.MaskedAddresses;
import io.relaypod.graph.GraphCopies;
import io.relaypod.graph.GraphIncident;
import io.relaypod.graph.GraphIncident.GraphCondition;
import io.relaypod.incidents.IncidentCheck;
import io.relaypod.incidents.IncidentKind;

/** Whether Entra refuses the secret, or Graph accepts nothing or denies a mailbox. */
public final class GraphIncidentCheck implements IncidentCheck {

    private final IncidentKind kind;
    private final Optional<GraphCopies> copies;

    /**
     * @param kind {@link IncidentKind#SECRET}, or {@link IncidentKind#GRAPH} for all other conditions
     * @param copies empty if copies are not followed
     */
    public GraphIncidentCheck(IncidentKind kind, Optional<GraphCopies> copies) {
        this.kind = kind;
        this.copies = copies;
    }

    @Override
    public IncidentKind kind() {
        return kind;
    }

    @Override
    public Optional<String> problem() {
        return copies.flatMap(GraphCopies::incident)
                .filter(incident -> (incident.kind() == GraphCondition.SECRET_REFUSED) == (kind == IncidentKind.SECRET))
                .map(GraphIncidentCheck::words);
    }

    private static String words(GraphIncident incident) {
        String waiting = incident.waiting() == 1 ? "one message waits" : incident.waiting() + " messages wait";
        return MaskedAddresses.in(incident.error().words()) + "; " + waiting + " since " + incident.since();
    }
}
