package io.relaypod.deliverability;

import java.util.List;
import java.util.Optional;

import io.relaypod.address.AddressList;
import io.relaypod.address.AddressList.Mailbox;

/**
 * A From or Sender field of a message. Immutable.
 *
 * @param name in lower case
 * @param value unfolded, one char a byte
 * @param line the number of its first line in the message
 * @param mailbox the first mailbox in it that can be written so that every program reads it alike
 */
record SenderField(String name, String value, long line, Optional<Mailbox> mailbox) {

    static SenderField of(String name, String value, long line) {
        return new SenderField(name, value, line, AddressList.parse(value).flatMap(SenderField::firstMailbox));
    }

    private static Optional<Mailbox> firstMailbox(AddressList list) {
        for (Mailbox mailbox : list.mailboxes()) {
            if (mailbox.address().isPresent() && mailbox.plainText().isPresent()) {
                return Optional.of(mailbox);
            }
        }
        return Optional.empty();
    }

    boolean isFrom() {
        return name.equals("from");
    }

    /**
     * The addresses as they are written, the text where a mailbox has none, and the whole value if it is unreadable.
     */
    List<String> writtenMailboxes() {
        return AddressList.parse(value)
                .map(list -> list.mailboxes().stream()
                        .map(each -> each.address().isPresent() ? each.written() : each.text())
                        .toList())
                .orElseGet(() -> List.of(value.strip()));
    }
}
