package io.relaypod.gateway;

import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.mail.MessagingException;
import javax.mail.SendFailedException;
import javax.mail.internet.InternetAddress;

import io.relaypod.events.MailEvent.DeliveryAttempted;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.gateway.GatewayConnections.Gateway;
import org.apache.james.core.MailAddress;
import org.apache.james.dnsservice.api.DNSService;
import org.apache.james.dnsservice.api.TemporaryResolutionException;
import org.apache.james.transport.mailets.remote.delivery.DnsHelper;
import org.apache.james.transport.mailets.remote.delivery.InternetAddressConverter;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.mailet.HostAddress;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a mail to the gateway's first address that can be connected, and to no other: whatever another were told, this
 * one may have the mail already, where James goes on with the next. The connection may have served other mails. That it
 * is dead is no failure of the mail: as long as the gateway cannot have taken it, it is sent over a new one.
 * Thread-safe.
 */
final class ToGateway {

    private static final Logger LOGGER = LoggerFactory.getLogger(ToGateway.class);

    private final DnsHelper dns;
    private final boolean isTls;
    private final GatewayConnections connections;
    private final MailEventPublisher events;

    ToGateway(
            RemoteDeliveryConfiguration configuration,
            DNSService dns,
            GatewayConnections connections,
            MailEventPublisher events) {
        this.dns = new DnsHelper(dns, configuration);
        this.isTls = configuration.isSSLEnable();
        this.connections = connections;
        this.events = events;
    }

    /** The gateway's name has no address. */
    static final class NotFoundException extends MessagingException {

        private static final long serialVersionUID = 1L;

        NotFoundException(String message) {
            super(message);
        }
    }

    /**
     * @param furtherTurn whether there may be another transaction, after one that the gateway may have taken
     * @throws SendFailedException naming who has it, who was refused, and who may be tried again
     * @throws MessagingException when nobody has it
     */
    void deliver(Mail mail, BooleanSupplier furtherTurn) throws MessagingException {
        Collection<InternetAddress> recipients = InternetAddressConverter.convert(mail.getRecipients());
        Connected connected = connect(
                mail, recipients.stream().map(InternetAddress::getAddress).toList());
        Optional<MessagingException> stale =
                deliver(mail, recipients, furtherTurn, connected.gateway(), connected.connection());
        if (stale.isPresent()) {
            LOGGER.debug(
                    "mail {} goes over a new connection: {}",
                    mail.getName(),
                    stale.get().getMessage());
            deliver(mail, recipients, furtherTurn, connected.gateway(), connections.takeNew(connected.gateway()));
        }
    }

    private record Connected(Gateway gateway, SMTPTransport connection) {}

    @SuppressWarnings("deprecation") // James 3.8 names the gateway by this class.
    private Connected connect(Mail mail, List<String> recipients) throws MessagingException {
        Iterator<HostAddress> addresses = addresses(mail.getRecipients());
        while (true) {
            HostAddress address = addresses.next();
            Gateway gateway = new Gateway(address.getHostName(), address.toString());
            events.publish(new DeliveryAttempted(mail.getName(), recipients, address.getHost()));
            try {
                return new Connected(gateway, connections.take(gateway));
            } catch (MessagingException notConnected) {
                if (!addresses.hasNext()) {
                    throw notConnected;
                }
                LOGGER.info("the gateway's next address is tried: {}", notConnected.getMessage());
            }
        }
    }

    @SuppressWarnings("deprecation") // as above
    private Iterator<HostAddress> addresses(Collection<MailAddress> recipients) throws MessagingException {
        // Whose MX it would be does not matter: there is a gateway.
        String domain = recipients.iterator().next().getDomain().asString();
        try {
            Iterator<HostAddress> addresses = dns.retrieveHostAddressIterator(domain, isTls);
            if (addresses.hasNext()) {
                return addresses;
            }
        } catch (TemporaryResolutionException away) {
            throw new MessagingException("the gateway's address could not be looked up", away);
        }
        throw new NotFoundException("the gateway's name has no address");
    }

    /** @return why nothing was sent, if the connection was dead already */
    private Optional<MessagingException> deliver(
            Mail mail,
            Collection<InternetAddress> recipients,
            BooleanSupplier furtherTurn,
            Gateway gateway,
            SMTPTransport connection)
            throws MessagingException {
        try {
            connection.deliver(mail, recipients, furtherTurn);
            return Optional.empty();
        } catch (MessagingException failure) {
            if (connection.wasStale()) {
                return Optional.of(failure);
            }
            throw failure;
        } finally {
            connections.giveBack(gateway, connection);
        }
    }
}
