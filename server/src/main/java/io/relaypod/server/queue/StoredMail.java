package io.relaypod.server.queue;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

import javax.mail.MessagingException;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.james.core.MailAddress;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.queue.api.MailPrioritySupport;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageInputStreamSource;
import org.apache.james.server.core.MimeMessageSource;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.base.Splitter;
import com.google.common.base.Strings;
import com.google.common.io.CountingOutputStream;

import io.relaypod.gateway.PacedMailQueue;
import io.relaypod.gateway.VerbatimMessage;
import io.relaypod.mailets.EnvelopeMailAddress;

/**
 * How a mail is written into a broker's message and read back. The message is the body; name, sender and recipients are properties,
 * so that the broker can find a mail by them; all else is one JSON property.
 *
 * <p>A mail attribute whose value has no JSON form, as James defines it, does not survive; James' own queues lose it too.
 */
final class StoredMail {

    static final String NAME = "name";
    static final String SENDER = "sender";
    /** Each between line feeds, the first and the last too, so that one can be looked for. No address has a line feed. */
    static final String RECIPIENTS = "recipients";
    static final String RECIPIENT_SEPARATOR = "\n";

    private static final SimpleString DUE = SimpleString.of("due");
    private static final SimpleString TURN = SimpleString.of("turn");
    private static final SimpleString MAILBOX = SimpleString.of("mailbox");
    private static final SimpleString ENVELOPE = SimpleString.of("envelope");

    // Of a large mail's next bytes; whoever reads it holds up others.
    private static final Duration SILENCE = Duration.ofSeconds(5);
    private static final int LOWEST_PRIORITY = 0;
    private static final int HIGHEST_PRIORITY = 9;
    private static final ObjectMapper JSON = new ObjectMapper();

    private StoredMail() {
    }

    /** Fills all but the body. */
    static void writeEnvelope(Mail mail, ClientMessage message) throws JsonProcessingException {
        message.setPriority(priority(mail));
        message.putStringProperty(NAME, mail.getName());
        message.putStringProperty(SENDER, mail.getMaybeSender().asString(""));
        message.putStringProperty(RECIPIENTS, recipients(mail.getRecipients()));
        message.putStringProperty(ENVELOPE, SimpleString.of(JSON.writeValueAsString(EnvelopeJson.write(mail))));
    }

    /** Fills the body; the message reads a large one when it is sent, so the body must stay open till then. */
    static void writeBody(MailBody body, ClientMessage message) throws IOException {
        if (body.isLarge()) {
            message.setBodyInputStream(body.stream());
        } else {
            message.getBodyBuffer().writeBytes(body.inMemory());
        }
    }

    /** When a waiting mail may be delivered. */
    static void writeDue(Instant due, ClientMessage message) {
        message.putLongProperty(DUE, due.toEpochMilli());
    }

    /** Whose turn the mail waits for. */
    static void writeMailbox(String mailbox, ClientMessage message) {
        message.putStringProperty(MAILBOX, SimpleString.of(mailbox));
    }

    /** Whose turn the mail waits for, if it is in a line. */
    static Optional<String> mailbox(ClientMessage message, BrokerQueue queue) {
        return queue.mailbox().map(line -> Optional.ofNullable(message.getStringProperty(MAILBOX)).orElse(line));
    }

    /** That the mail has left its mailbox's line. */
    static void writeTurn(ClientMessage message) {
        message.putBooleanProperty(TURN, true);
    }

    static Instant due(ClientMessage message) {
        return message.containsProperty(DUE) ? Instant.ofEpochMilli(message.getLongProperty(DUE)) : Instant.EPOCH;
    }

    static String name(ClientMessage message) {
        return Optional.ofNullable(message.getStringProperty(NAME)).orElse("?");
    }

    /** The same mail in a new message of that session, whoever may read it first. */
    static ClientMessage copy(ClientMessage message, MimeMessageSource body, ClientSession session) throws IOException {
        ClientMessage copy = session.createMessage(true);
        copy.setPriority(message.getPriority());
        // By it is told what was here before somebody removes all.
        copy.setTimestamp(message.getTimestamp());
        for (SimpleString property : List.of(SimpleString.of(NAME), SimpleString.of(SENDER), SimpleString.of(RECIPIENTS), ENVELOPE)) {
            copy.putStringProperty(property, message.getSimpleStringProperty(property));
        }
        if (message.isLargeMessage()) {
            copy.setBodyInputStream(body.getInputStream());
        } else {
            try (InputStream in = body.getInputStream()) {
                copy.getBodyBuffer().writeBytes(in.readAllBytes());
            }
        }
        return copy;
    }

    /** Takes the body off the connection; whoever calls disposes of the source. */
    static MimeMessageSource body(ClientMessage message) throws MessagingException, IOException, ActiveMQException {
        if (!message.isLargeMessage()) {
            byte[] bytes = new byte[message.getBodyBuffer().readableBytes()];
            message.getBodyBuffer().readBytes(bytes);
            return new InMemoryBody(name(message), bytes);
        }
        MimeMessageInputStreamSource file = MimeMessageInputStreamSource.create("queue-" + message.getMessageID());
        try (CountingOutputStream out = new CountingOutputStream(file.getWritableOutputStream())) {
            save(message, out);
            checkComplete(message, out.getCount());
            return file;
        } catch (ActiveMQException | IOException | RuntimeException unreadable) {
            LifecycleUtil.dispose(file);
            throw unreadable;
        }
    }

    private static void checkComplete(ClientMessage message, long found) throws IOException {
        if (message.containsProperty(Message.HDR_LARGE_BODY_SIZE) && message.getLongProperty(Message.HDR_LARGE_BODY_SIZE) != found) {
            throw new IOException(found + " bytes are left of a mail of " + message.getLongProperty(Message.HDR_LARGE_BODY_SIZE));
        }
    }

    // A file of the broker's that is damaged or gone sends nothing more, and says nothing either.
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

    /** The mail with its body. */
    static MailImpl read(ClientMessage message, MimeMessageSource body) throws MessagingException, IOException {
        MailImpl mail = readEnvelope(message);
        mail.setMessageNoCopy(new VerbatimMessage(body));
        return mail;
    }

    /** The mail to be looked at; the body of a large one stays where it is, and {@link Mail#getMessage()} has none to give. */
    static MailImpl readListed(ClientMessage message) throws MessagingException, IOException, ActiveMQException {
        return message.isLargeMessage() ? readEnvelope(message) : read(message, body(message));
    }

    /** What there is to say of a mail that goes; it may be one that cannot be read. */
    static RemovedMail readRemoved(ClientMessage message) {
        return new RemovedMail(name(message), Strings.nullToEmpty(message.getStringProperty(SENDER)),
            Splitter.on(RECIPIENT_SEPARATOR).omitEmptyStrings().splitToList(Strings.nullToEmpty(message.getStringProperty(RECIPIENTS))));
    }

    private static MailImpl readEnvelope(ClientMessage message) throws MessagingException, IOException {
        MailImpl.Builder mail = MailImpl.builder().name(message.getStringProperty(NAME));
        String sender = message.getStringProperty(SENDER);
        if (!sender.isEmpty()) {
            mail.sender(EnvelopeMailAddress.read(sender));
        }
        for (String recipient : Splitter.on(RECIPIENT_SEPARATOR).omitEmptyStrings().split(message.getStringProperty(RECIPIENTS))) {
            mail.addRecipient(EnvelopeMailAddress.read(recipient));
        }
        EnvelopeJson.read(JSON.readTree(message.getStringProperty(ENVELOPE)), mail);
        if (message.containsProperty(TURN)) {
            mail.addAttribute(new Attribute(PacedMailQueue.TURN, AttributeValue.of(true)));
        }
        return mail.build();
    }

    private static String recipients(Collection<MailAddress> recipients) {
        return recipients.stream().map(MailAddress::asString)
            .collect(Collectors.joining(RECIPIENT_SEPARATOR, RECIPIENT_SEPARATOR, RECIPIENT_SEPARATOR));
    }

    private static byte priority(Mail mail) {
        int asked = AttributeUtils.getValueAndCastFromMail(mail, MailPrioritySupport.MAIL_PRIORITY, Integer.class)
            .orElse(MailPrioritySupport.NORMAL_PRIORITY);
        return (byte) Math.max(LOWEST_PRIORITY, Math.min(HIGHEST_PRIORITY, asked));
    }
}
