package io.relaypod.gateway;

import java.io.IOException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.mail.MessagingException;

import com.google.common.net.HostAndPort;
import io.relaypod.events.MailEvent.DeliveryAttempted;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.gateway.AttemptResult.Contact;
import io.relaypod.mime.MessageSource;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.smtpclient.RecipientOutcome;
import io.relaypod.smtpclient.SmtpConnection;
import io.relaypod.smtpclient.SmtpServerAddress;
import org.apache.james.core.MailAddress;
import org.apache.james.dnsservice.api.DNSService;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands a mail to the first address of the gateway that can be connected, and to no other: after a failure that one may
 * have the mail already. Thread-safe.
 */
final class Gateway {

    private static final Logger LOGGER = LoggerFactory.getLogger(Gateway.class);

    private final List<HostAndPort> gateways;
    private final RemoteDeliveryConfiguration configuration;
    private final DNSService dns;
    private final GatewayConnections connections;
    private final MailEventPublisher events;

    Gateway(
            List<HostAndPort> gateways,
            RemoteDeliveryConfiguration configuration,
            DNSService dns,
            GatewayConnections connections,
            MailEventPublisher events) {
        this.gateways = gateways;
        this.configuration = configuration;
        this.dns = dns;
        this.connections = connections;
        this.events = events;
    }

    /**
     * Makes one attempt for all recipients of the mail.
     *
     * @param furtherSlot takes a slot of the mailbox for a transaction after the first
     * @throws MessagingException if the mail cannot be read
     */
    AttemptResult send(Mail mail, BooleanSupplier furtherSlot) throws MessagingException {
        List<MailAddress> recipients = List.copyOf(mail.getRecipients());
        MessageSource message = RawMessage.of(mail).source();
        List<SmtpServerAddress> servers = addresses();
        if (servers.isEmpty()) {
            return AttemptResult.of(recipients, unreachable("the gateway's name has no address"), Contact.NO_ADDRESS);
        }
        String failure = "";
        for (SmtpServerAddress server : servers) {
            if (!failure.isEmpty()) {
                LOGGER.info("the next address of the gateway is tried: {}", failure);
            }
            events.publish(new DeliveryAttempted(
                    mail.getName(),
                    MailEnvelope.addresses(recipients),
                    server.address().getHostAddress()));
            SmtpConnection connection;
            try {
                connection = connections.take(server);
            } catch (IOException notConnected) {
                failure = notConnected.getMessage();
                continue;
            }
            return new DeliveryAttempt(connections, server, events, mail, message, connection).run(furtherSlot);
        }
        return AttemptResult.of(recipients, unreachable(failure), Contact.UNREACHABLE);
    }

    private static RecipientOutcome unreachable(String text) {
        return RecipientOutcome.deferred(DeferralReason.UNREACHABLE, text);
    }

    /** The addresses of the gateway, in the order in which they are tried. A name without an address has none. */
    List<SmtpServerAddress> addresses() {
        List<HostAndPort> inOrder = new ArrayList<>(gateways);
        if (configuration.isLoadBalancing()) {
            Collections.shuffle(inOrder);
        }
        List<SmtpServerAddress> addresses = new ArrayList<>();
        for (HostAndPort gateway : inOrder) {
            try {
                dns.getAllByName(gateway.getHost())
                        .forEach(address -> addresses.add(new SmtpServerAddress(
                                gateway.getHost(), address, gateway.getPort(), configuration.isSSLEnable())));
            } catch (UnknownHostException unknown) {
                LOGGER.debug("gateway {} has no address", gateway.getHost(), unknown);
            }
        }
        return addresses;
    }
}
