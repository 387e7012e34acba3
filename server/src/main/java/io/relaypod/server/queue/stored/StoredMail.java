package io.relaypod.server.queue.stored;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import javax.mail.MessagingException;

import com.google.common.io.CountingOutputStream;
import io.relaypod.gateway.RateLimitedMailQueue;
import io.relaypod.gateway.SplicedMessage;
import io.relaypod.gateway.VerbatimMessage;
import io.relaypod.mailets.EnvelopeMailAddress;
import io.relaypod.memory.TemporaryFileName;
import io.relaypod.quota.QuotaUse;
import io.relaypod.server.queue.broker.BrokerQueue;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQPropertyConversionException;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.queue.api.MailPrioritySupport;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageInputStreamSource;
import org.apache.james.server.core.MimeMessageSource;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;

/**
 * Writes a mail into a message of the broker, and reads it back. The name is a property, the envelope a
 * {@link StoredEnvelope}, and the body holds the mail's message.
 *
 * <p>A mail attribute whose value has no JSON form, as James defines it, does not survive; James' own queues lose it
 * too.
 */
public final class StoredMail {

    static final String NAME = "name";

    private static final SimpleString DUE = SimpleString.of("due");
    private static final SimpleString TURN = SimpleString.of("turn");
    private static final SimpleString MAILBOX = SimpleString.of("mailbox");
    private static final SimpleString RECIPIENT_COUNT = SimpleString.of("recipientCount");
    private static final SimpleString EXTERNAL_COUNT = SimpleString.of("externalCount");

    // The wait for the next bytes of a large mail; its reader delays others.
    private static final Duration SILENCE = Duration.ofSeconds(5);
    private static final int LOWEST_PRIORITY = 0;
    private static final int HIGHEST_PRIORITY = 9;
    private static final byte[] NOTHING = {};

    private StoredMail() {}

    /**
     * Writes all but the body.
     *
     * @param inBody how many bytes of the envelope the body begins with
     */
    public static void writeEnvelope(Mail mail, StoredEnvelope envelope, int inBody, ClientMessage message) {
        message.setPriority(priority(mail));
        message.putStringProperty(NAME, mail.getName());
        envelope.writeProperties(inBody, message);
    }

    /** Writes the body. A large body is read when the message is sent, and must stay open until then. */
    public static void writeBody(MailBody body, ClientMessage message) throws IOException {
        if (body.isLarge()) {
            message.setBodyInputStream(body.stream());
        } else {
            message.getBodyBuffer().writeBytes(body.inMemory());
        }
    }

    /** The time at which a waiting mail is due. */
    public static void writeDue(Instant due, ClientMessage message) {
        message.putLongProperty(DUE, due.toEpochMilli());
    }

    /** The mailbox in whose queue the mail waits. */
    private static void writeMailbox(String mailbox, ClientMessage message) {
        message.putStringProperty(MAILBOX, SimpleString.of(mailbox));
    }

    /** The mailbox in whose per-sender queue the mail waits, if it does. */
    public static Optional<String> mailbox(ClientMessage message, BrokerQueue queue) {
        return queue.mailbox().map(line -> text(message, MAILBOX).orElse(line));
    }

    /** What the mail takes of the quotas. */
    public static void writeQuotaUse(QuotaUse use, ClientMessage message) {
        writeMailbox(use.mailbox(), message);
        message.putIntProperty(RECIPIENT_COUNT, use.recipients());
        message.putIntProperty(EXTERNAL_COUNT, use.external());
    }

    /** What the mail takes of the quotas, if it waits in a per-sender queue. */
    public static Optional<QuotaUse> quotaUse(ClientMessage message, BrokerQueue queue) {
        return mailbox(message, queue)
                .map(mailbox ->
                        new QuotaUse(mailbox, number(message, RECIPIENT_COUNT, 1), number(message, EXTERNAL_COUNT, 0)));
    }

    // An older version stored no numbers.
    private static int number(ClientMessage message, SimpleString property, int otherwise) {
        try {
            return message.containsProperty(property) ? message.getIntProperty(property) : otherwise;
        } catch (ActiveMQPropertyConversionException | NumberFormatException damaged) {
            return otherwise;
        }
    }

    /** Records that the mail has left its per-sender queue. */
    public static void writeSlot(ClientMessage message) {
        message.putBooleanProperty(TURN, true);
    }

    public static Instant due(ClientMessage message) {
        try {
            return message.containsProperty(DUE) ? Instant.ofEpochMilli(message.getLongProperty(DUE)) : Instant.EPOCH;
        } catch (ActiveMQPropertyConversionException | NumberFormatException damaged) {
            return Instant.EPOCH;
        }
    }

    public static String name(ClientMessage message) {
        return text(message, SimpleString.of(NAME)).orElse("?");
    }

    // A damaged property must not stop the mails behind it; the dequeuer finds it.
    private static Optional<String> text(ClientMessage message, SimpleString property) {
        try {
            return Optional.ofNullable(message.getStringProperty(property));
        } catch (ActiveMQPropertyConversionException damaged) {
            return Optional.empty();
        }
    }

    /**
     * Copies the mail into a new message of the session.
     *
     * @param body as it is stored
     */
    public static ClientMessage copy(ClientMessage message, MimeMessageSource body, ClientSession session)
            throws IOException {
        ClientMessage copy = session.createMessage(true);
        copy.setPriority(message.getPriority());
        // This time tells which mails were stored before a removal of all mails.
        copy.setTimestamp(message.getTimestamp());
        copy.putStringProperty(NAME, message.getStringProperty(NAME));
        if (StoredEnvelope.isInBody(message)) {
            copy.putIntProperty(StoredEnvelope.BYTES_IN_BODY, StoredEnvelope.bytesInBody(message));
            text(message, StoredEnvelope.SENDER)
                    .ifPresent(sender -> copy.putStringProperty(StoredEnvelope.SENDER, SimpleString.of(sender)));
            writeBody(NOTHING, body, message.isLargeMessage(), copy);
        } else {
            // An older version stored every envelope in properties.
            StoredEnvelope envelope = StoredEnvelope.ofProperties(message);
            byte[] inBody = envelope.inBody();
            envelope.writeProperties(inBody.length, copy);
            writeBody(inBody, body, message.isLargeMessage() || inBody.length > 0, copy);
        }
        return copy;
    }

    private static void writeBody(byte[] before, MimeMessageSource body, boolean isLarge, ClientMessage message)
            throws IOException {
        if (isLarge) {
            message.setBodyInputStream(
                    new SequenceInputStream(new ByteArrayInputStream(before), body.getInputStream()));
        } else {
            try (InputStream in = body.getInputStream()) {
                message.getBodyBuffer().writeBytes(in.readAllBytes());
            }
        }
    }

    /** Reads the stored body from the connection. The caller disposes of the source. */
    public static MimeMessageSource body(ClientMessage message)
            throws MessagingException, IOException, ActiveMQException {
        if (!message.isLargeMessage()) {
            byte[] bytes = new byte[message.getBodyBuffer().readableBytes()];
            message.getBodyBuffer().readBytes(bytes);
            return new InMemoryBody(name(message), bytes);
        }
        MimeMessageInputStreamSource file =
                MimeMessageInputStreamSource.create(TemporaryFileName.of("queue-" + message.getMessageID()));
        try (CountingOutputStream out = new CountingOutputStream(file.getWritableOutputStream())) {
            save(message, out);
            checkComplete(message, out.getCount());
            return file;
        } catch (ActiveMQException | IOException | RuntimeException unreadable) {
            LifecycleUtil.dispose(file);
            throw unreadable;
        }
    }

    /**
     * The size of the mail's message in bytes; empty if the broker does not tell it. To be called before the body is
     * read.
     */
    public static OptionalLong messageSize(ClientMessage message) {
        if (!message.isLargeMessage()) {
            return OptionalLong.of(
                    message.getBodyBuffer().readableBytes() - (long) StoredEnvelope.bytesInBody(message));
        }
        return message.containsProperty(Message.HDR_LARGE_BODY_SIZE)
                ? OptionalLong.of(
                        message.getLongProperty(Message.HDR_LARGE_BODY_SIZE) - StoredEnvelope.bytesInBody(message))
                : OptionalLong.empty();
    }

    private static void checkComplete(ClientMessage message, long found) throws IOException {
        if (message.containsProperty(Message.HDR_LARGE_BODY_SIZE)
                && message.getLongProperty(Message.HDR_LARGE_BODY_SIZE) != found) {
            throw new IOException(
                    found + " bytes are left of a mail of " + message.getLongProperty(Message.HDR_LARGE_BODY_SIZE));
        }
    }

    // If the broker's file is damaged or missing, the broker sends nothing more, and no error.
    private static void save(ClientMessage message, CountingOutputStream out) throws ActiveMQException {
        message.setOutputStream(out);
        while (true) {
            long before = out.getCount();
            try {
                message.waitOutputStreamCompletion(SILENCE.toMillis());
                return;
            } catch (ActiveMQException silent) {
                if (out.getCount() == before) {
                    throw silent;
                }
            }
        }
    }

    /**
     * Reads the mail with its message.
     *
     * @param body as it is stored
     */
    public static MailImpl read(ClientMessage message, MimeMessageSource body) throws MessagingException, IOException {
        int envelopeBytes = StoredEnvelope.bytesInBody(message);
        MailImpl mail = mail(message, envelope(message, body));
        mail.setMessageNoCopy(
                new VerbatimMessage(envelopeBytes > 0 ? new SplicedMessage(body, NOTHING, envelopeBytes) : body));
        return mail;
    }

    private static StoredEnvelope envelope(ClientMessage message, MimeMessageSource body) throws IOException {
        if (!StoredEnvelope.isInBody(message)) {
            return StoredEnvelope.ofProperties(message);
        }
        try (InputStream in = body.getInputStream()) {
            return StoredEnvelope.ofBody(in.readNBytes(StoredEnvelope.bytesInBody(message)));
        }
    }

    /** Reads the mail without the body of a large one: its {@link Mail#getMessage()} has no message. */
    public static MailImpl readListed(ClientMessage message) throws MessagingException, IOException, ActiveMQException {
        return message.isLargeMessage() ? mail(message, envelopeAlone(message)) : read(message, body(message));
    }

    /** Reads the envelope of a message without its body. */
    public static StoredEnvelope envelopeAlone(ClientMessage message)
            throws IOException, ActiveMQException, MessagingException {
        if (!StoredEnvelope.isInBody(message) || !message.isLargeMessage()) {
            return StoredEnvelope.isInBody(message)
                    ? envelope(message, body(message))
                    : StoredEnvelope.ofProperties(message);
        }
        FirstBytes envelope = new FirstBytes(StoredEnvelope.bytesInBody(message));
        save(message, new CountingOutputStream(envelope));
        return StoredEnvelope.ofBody(envelope.bytes());
    }

    /** Describes a mail that is removed, also one that cannot be read. */
    public static RemovedMail readRemoved(ClientMessage message) throws ActiveMQException {
        try {
            StoredEnvelope envelope = envelopeAlone(message);
            return new RemovedMail(name(message), envelope.sender(), envelope.recipientList());
        } catch (IOException | MessagingException | ActiveMQPropertyConversionException damaged) {
            return new RemovedMail(
                    name(message), text(message, StoredEnvelope.SENDER).orElse(""), List.of());
        }
    }

    private static MailImpl mail(ClientMessage message, StoredEnvelope envelope)
            throws MessagingException, IOException {
        MailImpl.Builder mail = MailImpl.builder().name(message.getStringProperty(NAME));
        if (!envelope.sender().isEmpty()) {
            mail.sender(EnvelopeMailAddress.read(envelope.sender()));
        }
        for (String recipient : envelope.recipientList()) {
            mail.addRecipient(EnvelopeMailAddress.read(recipient));
        }
        EnvelopeJson.read(envelope.parsed(), mail);
        if (message.containsProperty(TURN)) {
            mail.addAttribute(new Attribute(RateLimitedMailQueue.SLOT, AttributeValue.of(true)));
        }
        return mail.build();
    }

    /** Keeps the first written bytes. For one thread. */
    private static final class FirstBytes extends OutputStream {

        private final ByteArrayOutputStream first = new ByteArrayOutputStream();
        private final int limit;

        FirstBytes(int limit) {
            this.limit = limit;
        }

        @Override
        public void write(int b) {
            if (first.size() < limit) {
                first.write(b);
            }
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            first.write(bytes, offset, Math.min(length, limit - first.size()));
        }

        byte[] bytes() {
            return first.toByteArray();
        }
    }

    private static byte priority(Mail mail) {
        int asked = AttributeUtils.getValueAndCastFromMail(mail, MailPrioritySupport.MAIL_PRIORITY, Integer.class)
                .orElse(MailPrioritySupport.NORMAL_PRIORITY);
        return (byte) Math.max(LOWEST_PRIORITY, Math.min(HIGHEST_PRIORITY, asked));
    }
}
