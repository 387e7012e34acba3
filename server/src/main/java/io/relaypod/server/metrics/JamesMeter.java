package io.relaypod.server.metrics;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;

/**
 * The meter names of James' metrics. James has no labels: it appends a label's value to the metric's name, behind a
 * colon, a dash, a dot or an underscore. A metric that is not listed, such as the time of a mailet, keeps its name as
 * the label of {@code james.value} or {@code james.timer}.
 */
enum JamesMeter {
    SMTP_CONNECTIONS("smtpConnections", MeterType.LEVEL, "relaypod.smtp.connections", "", "Open SMTP connections"),
    SMTP_COMMANDS("smtpCommands", MeterType.COUNT, "relaypod.smtp.commands", "", "SMTP commands answered"),
    SMTP_COMMAND(
            "SMTP-",
            MeterType.TIME,
            "relaypod.smtp.command",
            "command",
            "Time to reply to an SMTP command, without the wait for DNS"),
    SMTP_REPLIES_DELAYED(
            "smtpRepliesDelayed",
            MeterType.LEVEL,
            "relaypod.smtp.replies.delayed",
            "",
            "Recipient refusals that are delayed because their session had too many"),
    ENQUEUED(
            "enqueuedMail:",
            MeterType.COUNT,
            "relaypod.queue.enqueued",
            "queue",
            "Messages put into a queue, for the first time or for a retry"),
    DEQUEUED(
            "dequeuedMail:",
            MeterType.COUNT,
            "relaypod.queue.dequeued",
            "queue",
            "Messages taken from a queue for processing or delivery"),
    ENQUEUE("enqueueTime:", MeterType.TIME, "relaypod.queue.enqueue", "queue", "Time until a message is on the disk"),
    SPOOL(
            "spoolProcessing",
            MeterType.TIME,
            "relaypod.spool.processing",
            "",
            "Time of a message in the processors of mailetcontainer.xml"),
    DELIVERY("RemoteDeliveryTrial", MeterType.TIME, "relaypod.delivery.try", "", "Time of one delivery attempt"),
    GATEWAY_OPENED(
            "gatewayConnections.opened",
            MeterType.LEVEL,
            "relaypod.gateway.connections.opened",
            "",
            "Connections made to the gateway since the start"),
    GATEWAY_CONNECTIONS(
            "gatewayConnections.",
            MeterType.LEVEL,
            "relaypod.gateway.connections",
            "state",
            "Connections to the gateway"),
    GATEWAY_BYTES(
            "gatewayBytesInFlight",
            MeterType.LEVEL,
            "relaypod.gateway.bytes.in.flight",
            "",
            "Bytes of messages above 128 KiB that are being sent to the gateway"),
    POISON(
            "poisonMails",
            MeterType.COUNT,
            "relaypod.mail.poison",
            "",
            "Messages quarantined because the connection to the gateway was lost at each of their attempts"),
    UNFINISHED(
            "unfinishedDeliveries",
            MeterType.LEVEL,
            "relaypod.delivery.unfinished",
            "",
            "Messages delivered to some recipients whose queue rejected the update"),
    SUSPECTS(
            "suspectMails",
            MeterType.LEVEL,
            "relaypod.queue.suspects",
            "",
            "Messages that were in flight when the process died, and have not been processed since"),
    QUEUE_CONNECTED(
            "queueConnected",
            MeterType.LEVEL,
            "relaypod.queue.connected",
            "",
            "1 while the broker with the queues is available, else 0"),
    SPOOL_WRITES(
            "spool_writes_",
            MeterType.LEVEL,
            "relaypod.spool.writes",
            "state",
            "Messages at the end of data whose client waits for the disk"),
    WEBADMIN_REFUSED(
            "webadmin_refused",
            MeterType.COUNT,
            "relaypod.webadmin.refused",
            "",
            "Requests to webadmin without the right password"),
    WEBADMIN("webAdmin", MeterType.TIME, "relaypod.webadmin.request", "", "Time to answer a webadmin request");

    /** James' interfaces do not say whether a metric is a counter or a gauge. */
    private enum MeterType {
        COUNT,
        LEVEL,
        TIME
    }

    private static final String OTHER = "name";
    private static final String VALUE = "james.value";
    private static final String VALUE_DESCRIPTION = "A counter or gauge of James or of a mailet, by its own name";

    private final String james;
    private final MeterType kind;
    private final String meter;
    private final String label;
    private final String description;

    JamesMeter(String james, MeterType kind, String meter, String label, String description) {
        this.james = james;
        this.kind = kind;
        this.meter = meter;
        this.label = label;
        this.description = description;
    }

    /** @param isMonotonic whether the value never decreases */
    record MeterDefinition(String name, Tags tags, String description, boolean isMonotonic) {}

    /** The meter of a James metric, which counts up and may count down. */
    static MeterDefinition count(String james) {
        return known(james, MeterType.COUNT)
                .or(() -> known(james, MeterType.LEVEL))
                .orElseGet(() -> new MeterDefinition(VALUE, Tags.of(OTHER, james), VALUE_DESCRIPTION, false));
    }

    static MeterDefinition timer(String james) {
        return known(james, MeterType.TIME)
                .orElseGet(() -> new MeterDefinition(
                        "james.timer", Tags.of(OTHER, james), "A timer of James: a mailet's, a matcher's", false));
    }

    static MeterDefinition gauge(String james) {
        return known(james, MeterType.LEVEL)
                .orElseGet(() -> new MeterDefinition(VALUE, Tags.of(OTHER, james), VALUE_DESCRIPTION, false));
    }

    private static Optional<MeterDefinition> known(String name, MeterType kind) {
        return Stream.of(values())
                .filter(meter -> meter.kind == kind && meter.fits(name))
                .findFirst()
                .map(meter ->
                        new MeterDefinition(meter.meter, meter.tags(name), meter.description, kind == MeterType.COUNT));
    }

    private boolean fits(String name) {
        return label.isEmpty() ? name.equals(james) : name.startsWith(james);
    }

    private Tags tags(String name) {
        return label.isEmpty()
                ? Tags.empty()
                : Tags.of(Tag.of(label, name.substring(james.length()).toLowerCase(Locale.ROOT)));
    }
}
