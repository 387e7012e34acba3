package io.relaypod.server.queue;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.mail.MessagingException;

import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import io.relaypod.server.queue.broker.BrokerQueue;
import io.relaypod.server.queue.inflight.InFlightMails;
import io.relaypod.server.queue.stored.StoredEnvelope;
import io.relaypod.server.queue.stored.StoredMail;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQPropertyConversionException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens received messages. Memory is reserved and the mail is recorded as in flight before its envelope is read. A mail
 * that has ended the process goes to the quarantine. For the receiving thread.
 */
final class MessageOpener {

    private static final Logger LOGGER = LoggerFactory.getLogger(MessageOpener.class);

    private static final Duration POLL = Duration.ofMillis(250);
    // Memory for each byte of a stored envelope: an address of 20 bytes becomes objects of about 300 bytes.
    private static final int READ_FACTOR = 16;

    private final QueueResources resources;
    private final BrokerQueue queue;
    private final ItemReader reader;
    private final Redelivery redelivery;
    private final BooleanSupplier stopped;

    /** @param redelivery hears of unreadable messages */
    MessageOpener(
            QueueResources resources,
            BrokerQueue queue,
            ItemReader reader,
            Redelivery redelivery,
            BooleanSupplier stopped) {
        this.resources = resources;
        this.queue = queue;
        this.reader = reader;
        this.redelivery = redelivery;
        this.stopped = stopped;
    }

    /** Makes the item of a subscriber from a message of the broker. */
    interface ItemReader {

        /** @throws MessagingException if the message holds no mail */
        MailQueueItem read(MessageInFlight message, MimeMessageSource body) throws MessagingException, IOException;
    }

    /** An item for a subscriber. */
    record OpenedMail(MailQueueItem item, InFlightMails.Mark mark) {}

    /**
     * @param ended is run when a subscriber has finished with the mail
     * @return empty if the message cannot be passed on
     */
    Optional<OpenedMail> open(ClientMessage message, DequeueSession session, Runnable ended)
            throws InterruptedException {
        if (session.isClosed()) {
            // The broker redelivers it.
            return Optional.empty();
        }
        Optional<Reservation> memory = reserveEnvelope(message);
        Optional<InFlightMails.Mark> mark =
                memory.isPresent() ? resources.inFlight().begin(StoredMail.name(message), stopped) : Optional.empty();
        if (mark.isEmpty()) {
            memory.ifPresent(Reservation::close);
            return Optional.empty();
        }
        mark.get().hold(memory.get());
        return open(new MessageInFlight(message, session, mark.get(), ended, redelivery::request));
    }

    /**
     * Reserves the memory of a large envelope before it is read. An envelope beyond the whole share is in flight alone.
     *
     * @return empty when everything is stopped
     */
    private Optional<Reservation> reserveEnvelope(ClientMessage message) throws InterruptedException {
        long bytes = Math.min(
                resources.memory().limit(MemoryUse.ENVELOPES_IN_FLIGHT), (long) READ_FACTOR * envelopeBytes(message));
        while (!stopped.getAsBoolean()) {
            Optional<Reservation> reserved = resources.memory().reserve(MemoryUse.ENVELOPES_IN_FLIGHT, bytes, POLL);
            if (reserved.isPresent()) {
                return reserved;
            }
        }
        return Optional.empty();
    }

    private static int envelopeBytes(ClientMessage message) {
        try {
            return Math.max(0, StoredEnvelope.bytesInBody(message));
        } catch (ActiveMQPropertyConversionException | NumberFormatException damaged) {
            // The failure is found again when the mail is read.
            return 0;
        }
    }

    private Optional<OpenedMail> open(MessageInFlight message) {
        try {
            if (message.mark().hasEndedProcess()) {
                quarantine(message);
                return Optional.empty();
            }
            return Optional.of(new OpenedMail(read(message, StoredMail.body(message.message())), message.mark()));
        } catch (MessagingException | IOException | ActiveMQException | RuntimeException failure) {
            message.mark().release();
            if (!message.isLost()) {
                redelivery.unreadable(message.message(), failure);
            }
            return Optional.empty();
        }
    }

    private MailQueueItem read(MessageInFlight message, MimeMessageSource body) throws MessagingException, IOException {
        try {
            return reader.read(message, body);
        } catch (MessagingException | IOException | RuntimeException failure) {
            LifecycleUtil.dispose(body);
            throw failure;
        }
    }

    /** Reads the envelope. If the process died of reading it too, the broker moves the mail unread. */
    private void quarantine(MessageInFlight message) throws MessagingException, IOException, ActiveMQException {
        String reason = message.mark().reason();
        LOGGER.error(
                "event=quarantined queue={} queue-id={} reason=\"{}\"",
                queue.name(),
                StoredMail.name(message.message()),
                reason);
        if (message.mark().isUnreadable()) {
            redelivery.unreadable(message.message(), reason);
            message.mark().release();
            return;
        }
        MimeMessageSource body = StoredMail.body(message.message());
        try {
            MailImpl mail = StoredMail.read(message.message(), body);
            mail.setErrorMessage(reason);
            resources.quarantine().store(mail);
            message.acknowledge();
            message.mark().close();
        } finally {
            LifecycleUtil.dispose(body);
        }
    }
}
