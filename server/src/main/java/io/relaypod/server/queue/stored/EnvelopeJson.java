package io.relaypod.server.queue.stored;

import java.util.Date;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.mail.internet.AddressException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.relaypod.mailets.EnvelopeMailAddress;
import org.apache.james.core.MailAddress;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;
import org.apache.mailet.PerRecipientHeaders;

/** What a mail has besides its name, sender, recipients and message, in JSON. */
public final class EnvelopeJson {

    private EnvelopeJson() {}

    /** A mail attribute whose value has no JSON form, as James defines it, is left out. */
    public static ObjectNode write(Mail mail) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        writeText(json, "state", Optional.ofNullable(mail.getState()));
        writeText(json, "error", Optional.ofNullable(mail.getErrorMessage()));
        writeText(json, "remoteHost", Optional.ofNullable(mail.getRemoteHost()));
        writeText(json, "remoteAddr", Optional.ofNullable(mail.getRemoteAddr()));
        Optional.ofNullable(mail.getLastUpdated()).ifPresent(updated -> json.put("updated", updated.getTime()));
        ObjectNode attributes = json.putObject("attributes");
        mail.attributes()
                .forEach(attribute -> attribute
                        .getValue()
                        .toJson()
                        .ifPresent(value -> attributes.set(attribute.getName().asString(), value)));
        ObjectNode headers = json.putObject("recipientHeaders");
        mail.getPerRecipientSpecificHeaders()
                .getHeadersByRecipient()
                .asMap()
                .forEach((recipient, ofRecipient) -> ofRecipient.forEach(
                        header -> headers.withArray(recipient.asString()).add(header.asString())));
        return json;
    }

    private static PerRecipientHeaders recipientHeaders(JsonNode json) throws AddressException {
        PerRecipientHeaders headers = new PerRecipientHeaders();
        for (var ofRecipient : json.path("recipientHeaders").properties()) {
            MailAddress recipient = EnvelopeMailAddress.read(ofRecipient.getKey());
            ofRecipient
                    .getValue()
                    .forEach(header -> headers.addHeaderForRecipient(
                            PerRecipientHeaders.Header.fromString(header.textValue()), recipient));
        }
        return headers;
    }

    private static void writeText(ObjectNode json, String field, Optional<String> value) {
        value.ifPresent(text -> json.put(field, text));
    }

    private static void readText(JsonNode json, String field, Consumer<String> reader) {
        if (json.has(field)) {
            reader.accept(json.get(field).textValue());
        }
    }

    /** Gives the mail what was written. */
    public static void read(JsonNode json, MailImpl.Builder mail) throws AddressException {
        readText(json, "state", mail::state);
        readText(json, "error", mail::errorMessage);
        readText(json, "remoteHost", mail::remoteHost);
        readText(json, "remoteAddr", mail::remoteAddr);
        if (json.has("updated")) {
            mail.lastUpdated(new Date(json.get("updated").longValue()));
        }
        mail.addAttributes(json.path("attributes").properties().stream()
                .map(field ->
                        new Attribute(AttributeName.of(field.getKey()), AttributeValue.fromJson(field.getValue())))
                .collect(Collectors.toList()));
        mail.addAllHeadersForRecipients(recipientHeaders(json));
    }
}
