package io.relaypod.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.gateway.AttemptResult.Contact;
import io.relaypod.mime.MessageSource;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.smtpclient.DeliveryStatus;
import io.relaypod.smtpclient.MessageContent;
import io.relaypod.smtpclient.RecipientOutcome;
import io.relaypod.smtpclient.SmtpConnection;
import io.relaypod.smtpclient.SmtpEnvelope;
import io.relaypod.smtpclient.SmtpServerAddress;
import io.relaypod.smtpclient.TransactionResult;
import io.relaypod.smtpclient.TransactionStage;
import org.apache.james.core.MailAddress;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to send a mail over a connection to the gateway: to all recipients in one transaction, or, if the gateway
 * refuses one of them, to each in a transaction of its own with a header that names nobody else. If an idle connection
 * turns out to be dead before the gateway can have the mail, the mail is sent once over a new one. For one use.
 */
final class DeliveryAttempt {

    private static final Logger LOGGER = LoggerFactory.getLogger(DeliveryAttempt.class);

    private final GatewayConnections connections;
    private final SmtpServerAddress server;
    private final MailEventPublisher events;
    private final Mail mail;
    private final MessageSource message;
    private final List<MailAddress> recipients;
    private final RecipientOutcome[] outcomes;
    private Optional<SmtpConnection> connection;
    private Contact contact = Contact.UNDECIDED;
    private int messagesSent;
    private final List<List<MailAddress>> transactions = new ArrayList<>();

    /** @param connection is given back at the end of {@link #run} */
    DeliveryAttempt(
            GatewayConnections connections,
            SmtpServerAddress server,
            MailEventPublisher events,
            Mail mail,
            MessageSource message,
            SmtpConnection connection) {
        this.connections = connections;
        this.server = server;
        this.events = events;
        this.mail = mail;
        this.message = message;
        this.recipients = List.copyOf(mail.getRecipients());
        this.connection = Optional.of(connection);
        this.outcomes = new RecipientOutcome[recipients.size()];
        Arrays.fill(outcomes, RecipientOutcome.notAttempted());
    }

    /** @param furtherSlot takes a slot of the mailbox for a message after the first */
    AttemptResult run(BooleanSupplier furtherSlot) {
        try {
            boolean isOutOfSlots = false;
            if (sendToAll() && recipients.size() > 1) {
                isOutOfSlots = !sendToEach(furtherSlot);
            }
            // If nobody has the mail the attempt failed, and counts: otherwise it could be repeated for ever.
            boolean isDelivered = Arrays.stream(outcomes).anyMatch(some -> some.is(DeliveryStatus.DELIVERED));
            return new AttemptResult(recipients, List.of(outcomes), contact, isOutOfSlots && isDelivered, transactions);
        } catch (RuntimeException unexpected) {
            if (messagesSent == 0) {
                throw unexpected;
            }
            LOGGER.error(
                    "event=delivery-failed mail={} reason=\"{}\"", mail.getName(), unexpected.getMessage(), unexpected);
            return endedBy(unexpected);
        } finally {
            release();
        }
    }

    // A recipient that has the message must not get it again.
    private AttemptResult endedBy(RuntimeException unexpected) {
        RecipientOutcome failed = RecipientOutcome.refused(String.valueOf(unexpected.getMessage()));
        return new AttemptResult(
                recipients,
                Arrays.stream(outcomes)
                        .map(outcome -> outcome.is(DeliveryStatus.NOT_ATTEMPTED) ? failed : outcome)
                        .toList(),
                contact,
                false,
                transactions);
    }

    /** Returns whether the gateway refused a recipient and the others may be sent the mail one by one. */
    private boolean sendToAll() {
        boolean wasIdle = connection.filter(used -> used.transactions() > 0).isPresent();
        TransactionResult result = transact(0, recipients, this::writeWhole);
        if (wasIdle && !isUsable() && !result.isContentSent()) {
            LOGGER.debug("mail {} is sent over a new connection", mail.getName());
            release();
            try {
                connection = Optional.of(connections.takeNew(server));
            } catch (IOException notConnected) {
                Arrays.fill(outcomes, unreachable(notConnected));
                return false;
            }
            result = transact(0, recipients, this::writeWhole);
        }
        return result.stage() == TransactionStage.RCPT && isUsable();
    }

    /** Returns whether the mailbox had a slot for each message. */
    private boolean sendToEach(BooleanSupplier furtherSlot) {
        int slots = 1;
        for (int at = 0; at < outcomes.length; at++) {
            if (outcomes[at].is(DeliveryStatus.REFUSED)) {
                continue;
            }
            if (messagesSent == slots) {
                if (!furtherSlot.getAsBoolean()) {
                    return false;
                }
                slots++;
            }
            if (!hasConnection(at)) {
                break;
            }
            List<String> named = List.of(recipients.get(at).asString());
            transact(
                    at,
                    recipients.subList(at, at + 1),
                    out -> TransactionHeader.edits(message, named).apply(message, out));
            if (!isUsable()) {
                break;
            }
        }
        return true;
    }

    private boolean hasConnection(int at) {
        if (connection.filter(connections::mayCarryAnother).isPresent()) {
            return true;
        }
        release();
        try {
            connection = Optional.of(connections.take(server));
            return true;
        } catch (IOException notConnected) {
            outcomes[at] = unreachable(notConnected);
            return false;
        }
    }

    private TransactionResult transact(int first, List<MailAddress> to, MessageContent content) {
        SmtpConnection used = connection.orElseThrow();
        SmtpEnvelope envelope = MailEnvelope.of(mail, to);
        TransactionResult result = used.send(envelope, content);
        if (result.isSenderRefused() && MailEnvelope.hasLiteralSender(mail)) {
            // Mailpit, with Go's net/mail, reads no IPv6 literal. Graph has no envelope, so it needs no sender.
            result = used.send(envelope.withoutSender(), content);
        }
        for (int at = 0; at < to.size(); at++) {
            outcomes[first + at] = result.outcomes().get(at);
        }
        messagesSent += result.isContentSent() ? 1 : 0;
        learn(result);
        if (outcomes[first].is(DeliveryStatus.DELIVERED)) {
            transactions.add(to);
            events.publish(new MailDelivered(
                    mail.getName(),
                    MailEnvelope.addresses(to),
                    server.address().getHostAddress(),
                    outcomes[first].text()));
        }
        return result;
    }

    // The loss of the gateway counts for more than its replies to other transactions of the mail.
    private void learn(TransactionResult result) {
        if (result.isServerLost() || contact == Contact.LOST_WITH_MAIL) {
            contact = Contact.LOST_WITH_MAIL;
        } else if (result.isContentSent()) {
            contact = Contact.ANSWERED;
        } else if (!isUsable() && contact == Contact.UNDECIDED) {
            contact = Contact.UNREACHABLE;
        }
    }

    private RecipientOutcome unreachable(IOException notConnected) {
        contact = contact == Contact.UNDECIDED ? Contact.UNREACHABLE : contact;
        return RecipientOutcome.deferred(DeferralReason.UNREACHABLE, notConnected.getMessage());
    }

    private boolean isUsable() {
        return connection.filter(SmtpConnection::isUsable).isPresent();
    }

    private void release() {
        connection.ifPresent(used -> connections.release(server, used));
        connection = Optional.empty();
    }

    private void writeWhole(OutputStream out) throws IOException {
        try (InputStream in = message.open()) {
            in.transferTo(out);
        }
    }
}
