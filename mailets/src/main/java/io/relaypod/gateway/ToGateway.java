package io.relaypod.gateway;

import java.util.Collection;
import java.util.Optional;

import javax.mail.MessagingException;
import javax.mail.internet.InternetAddress;

import org.apache.james.transport.mailets.remote.delivery.ExecutionResult;
import org.apache.james.transport.mailets.remote.delivery.MailDelivrerToHost;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.mailet.HostAddress;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.relaypod.events.MailEvent.Tried;
import io.relaypod.events.MailEvents;
import io.relaypod.gateway.GatewayConnections.Gateway;

/**
 * Sends a mail over a connection that may have served other mails. That a kept connection is dead is no failure of the mail: as long as
 * the gateway cannot have taken it, it is sent over a new one. Thread-safe.
 */
final class ToGateway extends MailDelivrerToHost {

    private static final Logger LOGGER = LoggerFactory.getLogger(ToGateway.class);

    private final GatewayConnections connections;
    private final MailEvents events;

    ToGateway(RemoteDeliveryConfiguration configuration, MailetContext context, GatewayConnections connections, MailEvents events) {
        super(configuration, context);
        this.connections = connections;
        this.events = events;
    }

    @Override
    @SuppressWarnings("deprecation") // James 3.8 names the gateway by this class.
    public ExecutionResult tryDeliveryToHost(Mail mail, Collection<InternetAddress> recipients, HostAddress host) throws MessagingException {
        Gateway gateway = new Gateway(host.getHostName(), host.toString());
        events.tell(new Tried(mail.getName(), recipients.stream().map(InternetAddress::getAddress).toList(), host.getHost()));
        Optional<MessagingException> stale = deliver(mail, recipients, gateway, connections.take(gateway));
        if (stale.isPresent()) {
            LOGGER.debug("mail {} goes over a new connection: {}", mail.getName(), stale.get().getMessage());
            deliver(mail, recipients, gateway, connections.takeNew(gateway));
        }
        return ExecutionResult.success();
    }

    /** @return why nothing was sent, if the connection was dead already */
    private Optional<MessagingException> deliver(Mail mail, Collection<InternetAddress> recipients, Gateway gateway, SMTPTransport connection)
            throws MessagingException {
        try {
            connection.deliver(mail, recipients);
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
