package io.relaypod.headers;

import java.util.Set;
import java.util.stream.Collectors;

import io.relaypod.address.AddressList;
import io.relaypod.address.EmailAddress;
import io.relaypod.mime.HeaderSection;

/**
 * Whom To and Cc list, so that every recipient may read it. Any other recipient is a blind one (RFC 5322 section
 * 3.6.3).
 *
 * @param addresses those that can be read; of a field that cannot be read, none
 */
public record VisibleRecipients(Set<EmailAddress> addresses) {

    /** The fields that are looked at. */
    public static final Set<String> FIELDS = Set.of("to", "cc");

    /** Keeps its own copy of the addresses. */
    public VisibleRecipients {
        addresses = Set.copyOf(addresses);
    }

    /** @param header with the {@link #FIELDS} of a message */
    public static VisibleRecipients in(HeaderSection header) {
        return new VisibleRecipients(header.fields().stream()
                .filter(field -> FIELDS.contains(field.name()))
                .flatMap(field -> AddressList.parse(field.value()).stream())
                .flatMap(list -> list.mailboxes().stream())
                .flatMap(mailbox -> mailbox.address().stream())
                .collect(Collectors.toSet()));
    }

    public boolean contains(EmailAddress recipient) {
        return addresses.contains(recipient);
    }
}
