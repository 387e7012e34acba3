package io.relaypod.gateway;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

import javax.inject.Inject;
import javax.mail.MessagingException;

import org.apache.james.core.MailAddress;
import org.apache.james.dnsservice.api.DNSService;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.transport.mailets.remote.delivery.DeliveryRunnable;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetException;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.GenericMailet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.relaypod.events.MailEvent.Queued;
import io.relaypod.events.MailEvents;

/**
 * James' RemoteDelivery, with its parameters, for a relay that has one way out and loses nothing: {@code gateway} and
 * {@code bounceProcessor} are required, and what failed for good goes to that processor whoever its sender is.
 *
 * <pre>{@code
 * <mailet match="All" class="io.relaypod.gateway.RemoteDelivery">
 *   <gateway>${env:UPSTREAM_HOST}</gateway>
 *   <gatewayPort>${env:UPSTREAM_PORT}</gatewayPort>
 *   <delayTime>1 minute, 2 minutes, 4 minutes, 8 minutes, 16 minutes, 32 minutes, 119 * 1 hour</delayTime>
 *   <maxRetries>125</maxRetries>
 *   <maxDnsProblemRetries>125</maxDnsProblemRetries>
 *   <bounceProcessor>bounces</bounceProcessor>
 *   <mail.smtp.class>io.relaypod.gateway.SMTPTransport</mail.smtp.class>
 * </mailet>
 * }</pre>
 *
 * @see <a href="https://james.apache.org/server/dev-provided-mailets.html">RemoteDelivery in James' documentation</a>
 */
public final class RemoteDelivery extends GenericMailet {

    private static final Logger LOGGER = LoggerFactory.getLogger(RemoteDelivery.class);

    private final DNSService dns;
    private final DomainList domains;
    private final MailQueueFactory<?> queues;
    private final MetricFactory metrics;
    private final MailEvents events;

    private Optional<Outgoing> outgoing = Optional.empty();

    @Inject
    public RemoteDelivery(DNSService dns, DomainList domains, MailQueueFactory<?> queues, MetricFactory metrics, MailEvents events) {
        this.dns = dns;
        this.domains = domains;
        this.queues = queues;
        this.metrics = metrics;
        this.events = events;
    }

    @Override
    public void init() throws MessagingException {
        RemoteDeliveryConfiguration configuration = new RemoteDeliveryConfiguration(getMailetConfig(), domains);
        if (configuration.getGatewayServer().isEmpty()) {
            throw new MailetException("RemoteDelivery: <gateway> is missing; relaypod sends everything through one gateway");
        }
        ProcessingState bounces = configuration.getBounceProcessor().orElseThrow(() ->
            new MailetException("RemoteDelivery: <bounceProcessor> is missing; it keeps what cannot be delivered"));
        MailQueue queue = queues.createQueue(configuration.getOutGoingQueueName());
        DeliveryRunnable delivery = new DeliveryRunnable(new LoggedRetries(queue, events), configuration, dns, metrics, getMailetContext(),
            new FailedMailKeeper(configuration, getMailetContext(), bounces.getValue(), events));
        delivery.start();
        outgoing = Optional.of(new Outgoing(queue, delivery, bounces));
    }

    @Override
    public Collection<ProcessingState> requiredProcessingState() {
        return outgoing.map(running -> List.of(running.bounces())).orElseGet(List::of);
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        VerbatimMailQueueItems.makeVerbatim(mail);
        running().queue().enQueue(mail);
        events.tell(new Queued(mail.getName(), mail.getRecipients().stream().map(MailAddress::asString).toList()));
        mail.setState(Mail.GHOST);
    }

    private Outgoing running() {
        return outgoing.orElseThrow(() -> new IllegalStateException("RemoteDelivery is not initialised"));
    }

    @Override
    public void destroy() {
        outgoing.ifPresent(running -> {
            running.delivery().dispose();
            try {
                running.queue().close();
            } catch (IOException alreadyClosed) {
                LOGGER.debug("outgoing queue was closed already", alreadyClosed);
            }
        });
    }

    @Override
    public String getMailetInfo() {
        return "RemoteDelivery";
    }

    private record Outgoing(MailQueue queue, DeliveryRunnable delivery, ProcessingState bounces) {
    }
}
