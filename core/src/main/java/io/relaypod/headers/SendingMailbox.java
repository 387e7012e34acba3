package io.relaypod.headers;

import java.util.List;
import java.util.Locale;

import io.relaypod.address.AddressList;
import io.relaypod.mime.HeaderField;
import io.relaypod.mime.HeaderSection;

/**
 * The mailbox that smtp2graph sends a mail from: the address on the first line that starts with From or Sender. If
 * there is no From, smtp2graph adds one with the envelope's sender before the other fields.
 */
public final class SendingMailbox {

    private SendingMailbox() {}

    /**
     * @param header with the fields {@link SenderAlignment#FIELDS}
     * @param envelope its sender; empty for {@code MAIL FROM:<>}
     * @return in lower case; empty when there is none
     */
    public static String of(HeaderSection header, String envelope) {
        List<HeaderField> fields = header.fields();
        if (!envelope.isEmpty()
                && fields.stream().noneMatch(field -> field.name().equals("from"))) {
            return envelope.toLowerCase(Locale.ROOT);
        }
        return fields.stream()
                .flatMap(field -> AddressList.parse(field.value()).stream())
                .flatMap(list -> list.mailboxes().stream())
                .filter(mailbox -> mailbox.address().isPresent())
                .findFirst()
                .map(mailbox -> AddressList.utf8(mailbox.written()))
                .orElse(envelope)
                .toLowerCase(Locale.ROOT);
    }
}
