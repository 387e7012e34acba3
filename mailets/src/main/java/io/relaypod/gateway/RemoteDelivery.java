package io.relaypod.gateway;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.events.MailEvent.MailQueued;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.hold.GraphHold;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.smtpclient.SmtpClient;
import io.relaypod.smtpclient.SmtpServerAddress;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.dnsservice.api.DNSService;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetConfig;
import org.apache.mailet.MailetException;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.GenericMailet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers all mail through one gateway and loses none. The name and the parameters are those of James' RemoteDelivery,
 * which existing mailetcontainer.xml files contain. {@code gateway} and {@code bounceProcessor} are required; mail that
 * fails permanently goes to that processor, whoever its sender is.
 *
 * <p>A mail is sent at once, while the spool still has it on disk. It is stored in the outgoing queue only if it has to
 * be retried, if no place in flight is free within a second, or if its mailbox has reached its rate limit. Parameters
 * beside James' own:
 *
 * <ul>
 *   <li>{@code atOnce}: mails in flight that were not queued; 12, and fewer than the spooler has threads.
 *   <li>{@code deliveryThreads}: mails in flight from the queue; 8. Both together are the connections to the gateway.
 *   <li>{@code bytesInFlight}: bytes of mails above 128 KiB in flight; 8M. Smaller mails are not counted.
 *   <li>{@code idleTime}: time after which an unused connection is closed; 10 seconds.
 *   <li>{@code mailsPerConnection}: mails after which a connection is closed; 100.
 *   <li>{@code dataTimeout}: for the reply to the end of data, because Mailpit relays the mail before it replies; 10
 *       minutes (RFC 5321 section 4.5.3.2.6). Any other whole reply has James' {@code timeout}. What is sent has
 *       {@code timeout} and a second for each 128 KiB.
 *   <li>{@code heldPause}: until a mail without Graph's answer is looked at again, or one that smtp2graph lost is sent
 *       again; 30 seconds, and longer each time.
 *   <li>{@code unfinished}: mails whose undelivered recipients are cached while the queue cannot store them; 10000.
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
    private static final Duration WAIT_TO_JOIN = Duration.ofSeconds(1);

    private final DNSService dns;
    private final DomainList domains;
    private final MailQueueFactory<?> queues;
    private final SenderRateLimiter limiter;
    private final Clock clock;
    private final MailEventPublisher events;
    private final MetricFactory metrics;
    private final GaugeRegistry gauges;
    private final MemoryBudget memory;
    private final Optional<GraphHold> hold;

    private Optional<Running> running = Optional.empty();

    @Inject
    public RemoteDelivery(
            DNSService dns,
            DomainList domains,
            MailQueueFactory<?> queues,
            SenderRateLimiter limiter,
            Clock clock,
            MailEventPublisher events,
            MetricFactory metrics,
            GaugeRegistry gauges,
            MemoryBudget memory,
            Optional<GraphHold> hold) {
        this.dns = dns;
        this.domains = domains;
        this.queues = queues;
        this.limiter = limiter;
        this.clock = clock;
        this.events = events;
        this.metrics = metrics;
        this.gauges = gauges;
        this.memory = memory;
        this.hold = hold;
    }

    /** The names of its parameters. */
    public static List<String> parameters() {
        return DeliveryParameters.names();
    }

    /** What is wrong with its parameters, each with its name, value and expected form. Nothing is connected to. */
    public static List<ConfigurationProblem> faults(MailetConfig config) {
        return DeliveryParameters.faults(config);
    }

    @Override
    public void init() throws MessagingException {
        RemoteDeliveryConfiguration configuration = new RemoteDeliveryConfiguration(getMailetConfig(), domains);
        GatewaySettings settings = GatewaySettings.read(getMailetConfig(), configuration);
        ProcessingState bounces = configuration
                .getBounceProcessor()
                .orElseThrow(() -> new MailetException("RemoteDelivery: <bounceProcessor> is missing"));
        SmtpClient client = new SmtpClient(settings.smtp(), memory);
        GatewayConnections connections =
                new GatewayConnections(client, settings.idleTime(), settings.mailsPerConnection());
        Gateway gateway = new Gateway(settings.gateways(), configuration, dns, connections, events);
        Optional<SmtpServerAddress> smtp2Graph = new GatewayGreeting(client, gateway::addresses).smtp2Graph();
        if (smtp2Graph.isPresent()) {
            settings.requireOneMailPerConnection("the gateway (UPSTREAM_HOST, UPSTREAM_PORT) at "
                    + smtp2Graph.get().host() + ":" + smtp2Graph.get().port() + " greets as smtp2graph");
        }
        gauges.register("gatewayConnections.active", connections::active)
                .register("gatewayConnections.idle", connections::idle)
                .register("gatewayConnections.opened", connections::opened);
        MailQueue queue = queues.createQueue(configuration.getOutGoingQueueName());
        GatewayAdmission admission = new GatewayAdmission(settings.bytesInFlight());
        gauges.register("gatewayBytesInFlight", admission::largeBytes);
        // A thread waits for Graph's answer, so each place in the window has one.
        int threads = hold.map(graph -> graph.settings().window()).orElse(settings.deliveryThreads());
        Optional<HeldMails> held = hold.map(graph -> new HeldMails(queue, graph, settings.heldPause(), clock));
        UndeliveredMails undelivered =
                new UndeliveredMails(queue, getMailetContext(), bounces.getValue(), configuration, clock, events);
        Delivery delivery = new Delivery(
                queue,
                admission,
                Math.max(1, threads / 2),
                settings.unfinished(),
                SenderSlots.of(limiter, queue),
                held,
                gateway,
                undelivered,
                configuration.getOnSuccess(),
                getMailetContext(),
                events,
                metrics);
        gauges.register("unfinishedDeliveries", delivery::unfinished);
        QueuedDeliveries.Step step = held.<QueuedDeliveries.Step>map(
                        mails -> new HeldDelivery(delivery, undelivered, mails))
                .orElse(item -> delivery.attempt(item.getMail()));
        running = Optional.of(new Running(
                queue,
                new Semaphore(settings.atOnce()),
                delivery,
                new QueuedDeliveries(queue, threads, step),
                new SpareDeliveries(queue, threads, () -> connections.waitingForReply(HANGS_AFTER), step),
                connections,
                Stream.concat(Stream.of(bounces), configuration.getOnSuccess().stream())
                        .toList()));
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
        // The spool gives up a mail when the processors have had it; only the queue can keep one until Graph has it.
        if (hold.isEmpty() && mayJoin(here.atOnce())) {
            try {
                isTried = here.delivery().tryAttempt(mail);
            } finally {
                here.atOnce().release();
            }
        }
        if (!isTried) {
            here.queue().enQueue(mail);
            if (hold.isEmpty()) {
                events.publish(new MailQueued(mail.getName(), MailEnvelope.addresses(mail.getRecipients())));
            }
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
        hold.ifPresent(GraphHold::stop);
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
