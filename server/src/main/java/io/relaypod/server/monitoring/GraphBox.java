package io.relaypod.server.monitoring;

import java.time.Duration;
import java.time.Instant;

import io.relaypod.events.MaskedAddresses;
import io.relaypod.graph.CopyState;
import io.relaypod.graph.GraphCopies.GraphSummary;
import io.relaypod.graph.GraphErrors;
import io.relaypod.graph.GraphIncident;
import io.relaypod.graph.KnownGraphError;

/**
 * The status page's box for smtp2graph and Graph. Immutable.
 *
 * @param colour good, warn, bad or idle
 * @param state a few words
 * @param detail the reason and the cure, without local parts of addresses
 */
record GraphBox(String colour, String state, String detail) {

    private static final GraphErrors ERRORS = new GraphErrors();

    static GraphBox of(GraphSummary graph, Instant now) {
        if (graph.problem().isPresent()) {
            return new GraphBox("warn", "not followed", graph.problem().get());
        }
        if (graph.incident().isPresent()) {
            return of(graph.incident().get(), now);
        }
        int stopped = count(graph, CopyState.STUCK) + count(graph, CopyState.FAILED);
        String waiting = graph.waiting() == 0
                ? "nothing waits"
                : graph.waiting() + (graph.waiting() == 1 ? " message waits" : " messages wait");
        if (stopped > 0) {
            return new GraphBox(
                    "warn", stopped + " stuck or failed", waiting + "; relaypod graph lists them with their reasons");
        }
        return graph.lastAccepted()
                .map(at -> new GraphBox("good", "Graph accepted a message " + AgeWords.ago(at, now), waiting))
                .orElseGet(() ->
                        new GraphBox("idle", graph.waiting() == 0 ? "no message yet" : "none accepted yet", waiting));
    }

    private static GraphBox of(GraphIncident incident, Instant now) {
        KnownGraphError known = ERRORS.known(incident.error().name());
        String detail =
                (incident.error().name().isEmpty() ? "" : incident.error().name() + ": ")
                        + (incident.error().name().isEmpty()
                                ? MaskedAddresses.in(incident.error().words()) + "."
                                : known.cause())
                        + " " + known.cure();
        String age = "for " + AgeWords.of(Duration.between(incident.since(), now));
        return switch (incident.kind()) {
            case SECRET_REFUSED ->
                new GraphBox("bad", "secret refused " + age, detail + " Waiting: " + incident.waiting());
            case NOTHING_ACCEPTED ->
                new GraphBox("bad", "nothing accepted " + age, detail + " Waiting: " + incident.waiting());
            case MAILBOX_DENIED ->
                new GraphBox("warn", "a mailbox is denied", detail + " Mailboxes: " + incident.waiting());
        };
    }

    private static int count(GraphSummary graph, CopyState state) {
        return graph.counts().getOrDefault(state, 0);
    }
}
