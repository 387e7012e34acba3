package io.relaypod.gateway;

import java.io.IOException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.mail.MessagingException;

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

    private static final int SMTP_PORT = 25;
    private static final int SMTPS_PORT = 465;

    private final RemoteDeliveryConfiguration configuration;
    private final DNSService dns;
    private final GatewayConnections connections;
    private final MailEventPublisher events;

    Gateway(
            RemoteDeliveryConfiguration configuration,
            DNSService dns,
            GatewayConnections connections,
            MailEventPublisher events) {
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
                    recipients.stream().map(MailAddress::asString).toList(),
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
        List<String> gateways = new ArrayList<>(configuration.getGatewayServer());
        if (configuration.isLoadBalancing()) {
            Collections.shuffle(gateways);
        }
        List<SmtpServerAddress> addresses = new ArrayList<>();
        for (String gateway : gateways) {
            int colon = gateway.lastIndexOf(':');
            String host = colon > 0 ? gateway.substring(0, colon) : gateway;
            int port = colon > 0
                    ? Integer.parseInt(gateway.substring(colon + 1))
                    : configuration.isSSLEnable() ? SMTPS_PORT : SMTP_PORT;
            try {
                dns.getAllByName(host)
                        .forEach(address ->
                                addresses.add(new SmtpServerAddress(host, address, port, configuration.isSSLEnable())));
            } catch (UnknownHostException unknown) {
                LOGGER.debug("gateway {} has no address", host, unknown);
            }
        }
        return addresses;
    }
}
