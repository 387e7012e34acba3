package io.relaypod.server.graph;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.hold.GraphHold;

/** Shows how many copies are on their way to Graph. docs/metrics.md describes each meter. Thread-safe. */
public final class HoldMeters {

    private HoldMeters() {}

    public static void register(GraphHold hold, MeterRegistry meters) {
        Gauge.builder("relaypod.graph.window.used", hold, from -> from.window().inFlight())
                .description("Copies on their way to Graph that have no answer yet, of GRAPH_WINDOW")
                .register(meters);
        Gauge.builder(
                        "relaypod.graph.mailboxes.slowed",
                        hold,
                        from -> from.window().slowedMailboxes())
                .description(
                        "Mailboxes with one copy at a time, or a lower rate, because Graph did not accept the last")
                .register(meters);
        Gauge.builder("relaypod.graph.held", hold, GraphHold::size)
                .description("Messages in the queue whose copy smtp2graph has")
                .register(meters);
        FunctionCounter.builder("relaypod.graph.sent.again", hold, GraphHold::sentAgain)
                .description("Messages sent again because smtp2graph lost or gave up their copy")
                .register(meters);
    }
}
