package io.relaypod.gateway;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.relaypod.events.MailEvent.MailQueued;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.core.MailAddress;
import org.apache.james.dnsservice.api.DNSService;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.transport.mailets.remote.delivery.Bouncer;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.james.util.DurationParser;
import org.apache.james.util.Size;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetException;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.GenericMailet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * James' RemoteDelivery, with its parameters, for a relay that has one way out and loses nothing: {@code gateway} and
 * {@code bounceProcessor} are required, and what failed for good goes to that processor whoever its sender is.
 *
 * <p>A mail is handed to the gateway at once, while its spool still has it on the disk, and is stored in the outgoing
 * queue only when that has to be tried again, when so many are on their way that none can join them within a second, or
 * when its mailbox sends faster than it may. Parameters of its own:
 *
 * <ul>
 *   <li>{@code atOnce}: mails that are on their way without having been queued; 12, and fewer than the spooler has
 *       threads.
 *   <li>{@code deliveryThreads}: mails that are on their way from the queue; 8. The two together are the connections to
 *       the gateway.
 *   <li>{@code bytesInFlight}: bytes of mails above 128 KiB that are on their way at a time; 8M. Smaller mails pass.
 *   <li>{@code idleTime}: how long a connection is kept for the next mail; 10 seconds.
 *   <li>{@code mailsPerConnection}: how many mails one connection is used for; 100, and 1 for a connection a mail.
 *   <li>{@code dataTimeout}: how long the reply to the end of a mail is waited for, as Mailpit relays it before it
 *       answers; 10 minutes (RFC 5321 section 4.5.3.2.6). For any other reply it is James' {@code timeout}: the whole
 *       reply has to be there by then. For what is sent it is {@code timeout} and a second for each 128 KiB.
 *   <li>{@code unfinished}: of how many mails it is remembered who is left, when some recipients have them and the
 *       queue cannot take the rest; 10000.
 * </ul>
 *
 * <pre>{@code
 * <mailet match="All" class="io.relaypod.gateway.RemoteDelivery">
 *   <gateway>${env:UPSTREAM_HOST}</gateway>
 *   <gatewayPort>${env:UPSTREAM_PORT}</gatewayPort>
 *   <delayTime>1 minute, 2 minutes, 4 minutes, 8 minutes, 16 minutes, 32 minutes, 119 * 1 hour</delayTime>
 *   <maxRetries>125</maxRetries>
 *   <maxDnsProblemRetries>125</maxDnsProblemRetries>
 *   <bounceProcessor>bounces</bounceProcessor>
 * </mailet>
 * }</pre>
 *
 * @see <a href="https://james.apache.org/server/dev-provided-mailets.html">RemoteDelivery in James' documentation</a>
 */
public final class RemoteDelivery extends GenericMailet {

    private static final Logger LOGGER = LoggerFactory.getLogger(RemoteDelivery.class);

    private static final Duration HANGS_AFTER = Duration.ofSeconds(25);
    private static final String SMTP2GRAPH_PORT = "2525";
    private static final String SIZE = "a number of bytes above zero, such as 8M";
    private static final Duration WAIT_TO_JOIN = Duration.ofSeconds(1);

    private final DNSService dns;
    private final DomainList domains;
    private final MailQueueFactory<?> queues;
    private final SenderRateLimiter pace;
    private final Clock clock;
    private final MailEventPublisher events;
    private final MetricFactory metrics;
    private final GaugeRegistry gauges;
    private final MemoryBudget memory;

    private Optional<Running> running = Optional.empty();

    @Inject
    public RemoteDelivery(
            DNSService dns,
            DomainList domains,
            MailQueueFactory<?> queues,
            SenderRateLimiter pace,
            Clock clock,
            MailEventPublisher events,
            MetricFactory metrics,
            GaugeRegistry gauges,
            MemoryBudget memory) {
        this.dns = dns;
        this.domains = domains;
        this.queues = queues;
        this.pace = pace;
        this.clock = clock;
        this.events = events;
        this.metrics = metrics;
        this.gauges = gauges;
        this.memory = memory;
    }

    @Override
    public void init() throws MessagingException {
        RemoteDeliveryConfiguration configuration = new RemoteDeliveryConfiguration(getMailetConfig(), domains);
        if (configuration.getGatewayServer().isEmpty()) {
            throw new MailetException(
                    "RemoteDelivery: <gateway> is missing; relaypod sends everything through one gateway");
        }
        ProcessingState bounces = configuration
                .getBounceProcessor()
                .orElseThrow(() -> new MailetException(
                        "RemoteDelivery: <bounceProcessor> is missing; it keeps what cannot be delivered"));
        checkIsNotSmtp2Graph();
        Semaphore atOnce = new Semaphore(number("atOnce", 12, 0));
        int threads = number("deliveryThreads", 8, 1);
        GatewayConnections connections = new GatewayConnections(
                configuration,
                duration("idleTime", "10 seconds"),
                number("mailsPerConnection", 100, 1),
                duration("dataTimeout", "10 minutes"),
                events,
                memory);
        gauges.register("gatewayConnections.active", connections::active)
                .register("gatewayConnections.idle", connections::idle)
                .register("gatewayConnections.opened", connections::opened);
        MailQueue queue = queues.createQueue(configuration.getOutGoingQueueName());
        Bouncer keeper = new FailedMailKeeper(configuration, getMailetContext(), bounces.getValue(), events);
        ToGateway gateway = new ToGateway(configuration, dns, connections, events);
        GatewayAdmission admission = new GatewayAdmission(bytes("bytesInFlight", "8M"));
        gauges.register("gatewayBytesInFlight", admission::largeBytes);
        Delivery delivery = new Delivery(
                queue,
                admission,
                Math.max(1, threads / 2),
                number("unfinished", 10_000, 1),
                Turns.of(pace, queue),
                gateway,
                keeper,
                configuration,
                getMailetContext(),
                clock,
                events,
                metrics);
        gauges.register("unfinishedDeliveries", delivery::unfinished);
        QueuedDeliveries.Step step = item -> delivery.attempt(item.getMail());
        running = Optional.of(new Running(
                queue,
                atOnce,
                delivery,
                new QueuedDeliveries(queue, threads, step),
                new SpareDeliveries(queue, threads, () -> connections.hanging(HANGS_AFTER), step),
                connections,
                Stream.concat(Stream.of(bounces), configuration.getOnSuccess().stream())
                        .toList()));
    }

    private int number(String parameter, int otherwise, int least) throws MailetException {
        String value = getInitParameter(parameter, Integer.toString(otherwise));
        try {
            int number = Integer.parseInt(value.strip());
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException noNumber) {
            throw new MailetException(wrong(parameter, value, "a number from " + least), noNumber);
        }
        throw new MailetException(wrong(parameter, value, "a number from " + least));
    }

    private void checkIsNotSmtp2Graph() throws MailetException {
        String port = getInitParameter("gatewayPort", "").strip();
        // James would take 25 for what is no number, which may be this relay itself.
        if (!port.isEmpty()) {
            number("gatewayPort", 25, 1);
        }
        if (port.equals(SMTP2GRAPH_PORT) && number("mailsPerConnection", 100, 1) != 1) {
            throw new MailetException("RemoteDelivery: <gatewayPort> (UPSTREAM_PORT) is " + port
                    + ", the port of smtp2graph, which loses a mail when one "
                    + "connection brings two; expected Mailpit's port, 1025, or <mailsPerConnection> 1");
        }
    }

    private long bytes(String parameter, String otherwise) throws MailetException {
        String value = getInitParameter(parameter, otherwise);
        try {
            long bytes = Size.parse(value.strip()).asBytes();
            if (bytes > 0) {
                return bytes;
            }
        } catch (RuntimeException noSize) {
            throw new MailetException(wrong(parameter, value, SIZE), noSize);
        }
        throw new MailetException(wrong(parameter, value, SIZE));
    }

    private Duration duration(String parameter, String otherwise) throws MailetException {
        String value = getInitParameter(parameter, otherwise);
        try {
            Duration duration = DurationParser.parse(value.strip(), ChronoUnit.SECONDS);
            if (!duration.isZero() && !duration.isNegative()) {
                return duration;
            }
        } catch (NumberFormatException noDuration) {
            throw new MailetException(wrong(parameter, value, "a duration above zero, such as 10 seconds"), noDuration);
        }
        throw new MailetException(wrong(parameter, value, "a duration above zero, such as 10 seconds"));
    }

    private static String wrong(String parameter, String value, String expected) {
        return "RemoteDelivery: <" + parameter + "> is '" + value + "'; expected " + expected;
    }

    @Override
    public Collection<ProcessingState> requiredProcessingState() {
        return running.map(Running::processors).orElseGet(List::of);
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        Running here = running.orElseThrow(() -> new IllegalStateException("RemoteDelivery is not initialised"));
        VerbatimMailQueueItems.makeVerbatim(mail);
        boolean isTried = false;
        if (mayJoin(here.atOnce())) {
            try {
                isTried = here.delivery().tryAttempt(mail);
            } finally {
                here.atOnce().release();
            }
        }
        if (!isTried) {
            here.queue().enQueue(mail);
            events.publish(new MailQueued(
                    mail.getName(),
                    mail.getRecipients().stream().map(MailAddress::asString).toList()));
        }
        mail.setState(Mail.GHOST);
    }

    private static boolean mayJoin(Semaphore atOnce) {
        try {
            return atOnce.tryAcquire(WAIT_TO_JOIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void destroy() {
        running.ifPresent(here -> {
            here.spare().close();
            here.fromQueue().close();
            here.connections().close();
            try {
                here.queue().close();
            } catch (IOException alreadyClosed) {
                LOGGER.debug("outgoing queue was closed already", alreadyClosed);
            }
        });
    }

    @Override
    public String getMailetInfo() {
        return "RemoteDelivery";
    }

    private record Running(
            MailQueue queue,
            Semaphore atOnce,
            Delivery delivery,
            QueuedDeliveries fromQueue,
            SpareDeliveries spare,
            GatewayConnections connections,
            List<ProcessingState> processors) {}
}
