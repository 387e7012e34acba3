package io.relaypod.server.metrics;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;

/**
 * How what James counts and times is called here: James puts what would be a label behind a colon, a dash, a dot or an
 * underscore of the name. A metric that is not in the table, such as the time of each mailet, keeps its name as the
 * label of {@code james.value} or {@code james.timer}.
 */
enum JamesMeter {
    SMTP_CONNECTIONS(
            "smtpConnections", MeterType.LEVEL, "relaypod.smtp.connections", "", "SMTP connections that are open"),
    SMTP_COMMANDS("smtpCommands", MeterType.COUNT, "relaypod.smtp.commands", "", "SMTP commands answered"),
    SMTP_COMMAND(
            "SMTP-",
            MeterType.TIME,
            "relaypod.smtp.command",
            "command",
            "Time to answer an SMTP command, without the wait for DNS"),
    SMTP_REPLIES_DELAYED(
            "smtpRepliesDelayed",
            MeterType.LEVEL,
            "relaypod.smtp.replies.delayed",
            "",
            "Refusals of recipients that wait, as their sessions had too many"),
    ENQUEUED(
            "enqueuedMail:",
            MeterType.COUNT,
            "relaypod.queue.enqueued",
            "queue",
            "Mails put into a queue, again or for the first time"),
    DEQUEUED(
            "dequeuedMail:",
            MeterType.COUNT,
            "relaypod.queue.dequeued",
            "queue",
            "Mails given to whoever works on a queue"),
    ENQUEUE("enqueueTime:", MeterType.TIME, "relaypod.queue.enqueue", "queue", "Time until a mail is on the disk"),
    SPOOL(
            "spoolProcessing",
            MeterType.TIME,
            "relaypod.spool.processing",
            "",
            "Time of a mail in the processors of mailetcontainer.xml"),
    DELIVERY("RemoteDeliveryTrial", MeterType.TIME, "relaypod.delivery.try", "", "Time of one try to deliver a mail"),
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
            "Bytes of mails above 128 KiB that are on their way to the gateway"),
    POISON(
            "poisonMails",
            MeterType.COUNT,
            "relaypod.mail.poison",
            "",
            "Mails set aside because the gateway was lost each time that it was given them"),
    UNFINISHED(
            "unfinishedDeliveries",
            MeterType.LEVEL,
            "relaypod.delivery.unfinished",
            "",
            "Mails whose queue could not take who is left of their recipients"),
    SUSPECTS(
            "suspectMails",
            MeterType.LEVEL,
            "relaypod.queue.suspects",
            "",
            "Mails that were in flight when the process died, and have not gone through since"),
    QUEUE_CONNECTED(
            "queueConnected",
            MeterType.LEVEL,
            "relaypod.queue.connected",
            "",
            "Whether the broker with the queues is reached"),
    SPOOL_WRITES(
            "spool_writes_",
            MeterType.LEVEL,
            "relaypod.spool.writes",
            "state",
            "Mails at their end, whose client waits for the disk"),
    WEBADMIN_REFUSED(
            "webadmin_refused",
            MeterType.COUNT,
            "relaypod.webadmin.refused",
            "",
            "Requests to webadmin without the right password"),
    WEBADMIN("webAdmin", MeterType.TIME, "relaypod.webadmin.request", "", "Time to answer a webadmin request");

    /** What a metric is, which James' interfaces do not say. */
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

    /** @param grows whether it only goes up */
    record MeterDefinition(String name, Tags tags, String description, boolean grows) {}

    /** What James counts up, and sometimes down. */
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
