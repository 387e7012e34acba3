package io.relaypod.server.queue.stored;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import com.google.common.base.Strings;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.james.core.MailAddress;
import org.apache.mailet.Mail;

/**
 * The envelope of a mail as it is stored: in properties of the broker's message, so that the broker can search them;
 * beyond {@link #IN_PROPERTIES} in front of the message's body, as Artemis limits a message's header. So any envelope
 * that was stored once can be stored again with what later delivery attempts add. Immutable.
 *
 * @param recipients between line feeds, the first and the last too, so that one can be searched for; no address has a
 *     line feed
 * @param json of {@link EnvelopeJson}
 */
public record StoredEnvelope(String sender, String recipients, String json) {

    static final SimpleString SENDER = SimpleString.of("sender");
    static final SimpleString RECIPIENTS = SimpleString.of("recipients");
    static final String SEPARATOR = "\n";
    /** How many bytes of the body are the envelope; there is no such property when properties hold the envelope. */
    static final SimpleString BYTES_IN_BODY = SimpleString.of("envelopeBytes");

    // In characters, of two bytes each in a header. Artemis allows 100 KiB of header, and what else is in one has a
    // bound of its own.
    static final int IN_PROPERTIES = 16 << 10;

    private static final SimpleString ENVELOPE = SimpleString.of("envelope");
    private static final List<SimpleString> PROPERTIES = List.of(SENDER, RECIPIENTS, ENVELOPE);
    private static final int LONGEST_SENDER = 1000;
    private static final byte[] NOTHING = {};
    private static final ObjectMapper JSON = new ObjectMapper();

    public static StoredEnvelope of(Mail mail) throws JsonProcessingException {
        return new StoredEnvelope(
                mail.getMaybeSender().asString(""),
                recipients(mail.getRecipients()),
                JSON.writeValueAsString(EnvelopeJson.write(mail)));
    }

    private static String recipients(Collection<MailAddress> recipients) {
        return recipients.stream()
                .map(MailAddress::asString)
                .collect(Collectors.joining(SEPARATOR, SEPARATOR, SEPARATOR));
    }

    /** Whether the message has its envelope in its body. */
    static boolean isInBody(ClientMessage message) {
        return message.containsProperty(BYTES_IN_BODY);
    }

    /** How many bytes of the message's body come before the mail. */
    public static int bytesInBody(ClientMessage message) {
        return isInBody(message) ? message.getIntProperty(BYTES_IN_BODY) : 0;
    }

    /** @throws IOException when a property is missing */
    static StoredEnvelope ofProperties(ClientMessage message) throws IOException {
        return new StoredEnvelope(
                property(message, SENDER), property(message, RECIPIENTS), property(message, ENVELOPE));
    }

    private static String property(ClientMessage message, SimpleString name) throws IOException {
        return Optional.ofNullable(message.getStringProperty(name))
                .orElseThrow(() -> new IOException("the stored mail has no property " + name));
    }

    /** @throws IOException when these bytes are no envelope */
    static StoredEnvelope ofBody(byte[] bytes) throws IOException {
        JsonNode json = JSON.readTree(bytes);
        for (SimpleString field : PROPERTIES) {
            if (!json.path(field.toString()).isTextual()) {
                throw new IOException("the stored mail has no " + field + " in its body");
            }
        }
        return new StoredEnvelope(
                json.path(SENDER.toString()).textValue(),
                json.path(RECIPIENTS.toString()).textValue(),
                json.path(ENVELOPE.toString()).textValue());
    }

    /** Whether properties hold it. */
    boolean fitsProperties() {
        return (long) sender.length() + recipients.length() + json.length() <= IN_PROPERTIES;
    }

    /** What stands before the mail in the body; nothing when properties hold the envelope. */
    public byte[] inBody() throws JsonProcessingException {
        if (fitsProperties()) {
            return NOTHING;
        }
        ObjectNode all = JSON.createObjectNode();
        all.put(SENDER.toString(), sender);
        all.put(RECIPIENTS.toString(), recipients);
        all.put(ENVELOPE.toString(), json);
        return JSON.writeValueAsString(all).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Fills the message's properties.
     *
     * @param inBody how many bytes of the envelope the body begins with
     */
    void writeProperties(int inBody, ClientMessage message) {
        if (inBody == 0) {
            message.putStringProperty(SENDER, SimpleString.of(sender));
            message.putStringProperty(RECIPIENTS, SimpleString.of(recipients));
            message.putStringProperty(ENVELOPE, SimpleString.of(json));
            return;
        }
        message.putIntProperty(BYTES_IN_BODY, inBody);
        if (sender.length() <= LONGEST_SENDER) {
            message.putStringProperty(SENDER, SimpleString.of(sender));
        }
    }

    /** Whether the mail is for that address. */
    public boolean isFor(String recipient) {
        return recipients.contains(SEPARATOR + recipient + SEPARATOR);
    }

    List<String> recipientList() {
        return Splitter.on(SEPARATOR).omitEmptyStrings().splitToList(Strings.nullToEmpty(recipients));
    }

    JsonNode parsed() throws JsonProcessingException {
        return JSON.readTree(json);
    }
}
