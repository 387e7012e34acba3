package io.relaypod.headers;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

import io.relaypod.address.AddressList;
import io.relaypod.address.AddressList.Mailbox;
import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderField;
import io.relaypod.mime.HeaderSection;

/**
 * Puts the address of From and Sender on the field's first line, the only one that smtp2graph reads. If it finds no
 * address there, the message stays in its queue forever. An address in the display name is removed, because Graph
 * answers ErrorSendAsDenied to it (smtp2graph #28).
 *
 * <p>A field whose first line has the address, and no other in its names, is not touched.
 */
public final class SenderAlignment {

    /** The fields that are looked at. */
    public static final Set<String> FIELDS = Set.of("from", "sender");

    private SenderAlignment() {}

    public static Edits of(HeaderSection header) {
        Edits edits = new Edits();
        header.fields().stream()
                .filter(field -> FIELDS.contains(field.name()) && !isReadBySmtp2graph(field))
                .forEach(field -> rewrite(field, edits));
        return edits;
    }

    private static boolean isReadBySmtp2graph(HeaderField field) {
        Optional<AddressList> whole = AddressList.parse(field.value());
        return field.isPlainlyNamed()
                && whole.filter(AddressList::isPlain)
                        .filter(list -> list.mailboxes().stream().noneMatch(Mailbox::namesAnAddress))
                        .isPresent()
                && first(whole).flatMap(Mailbox::address).isPresent()
                && first(whole)
                        .flatMap(Mailbox::address)
                        .equals(first(AddressList.parse(field.firstLine())).flatMap(Mailbox::address));
    }

    private static Optional<Mailbox> first(Optional<AddressList> list) {
        return list.flatMap(mailboxes -> mailboxes.mailboxes().stream().findFirst());
    }

    private static void rewrite(HeaderField field, Edits edits) {
        String name = field.name().equals("from") ? "From: " : "Sender: ";
        List<String> mailboxes = AddressList.parse(field.value()).stream()
                .flatMap(list -> list.mailboxes().stream())
                .filter(mailbox -> mailbox.address().isPresent())
                .flatMap(mailbox -> text(mailbox, name.length()))
                .toList();
        // A field without an address was refused at the end of DATA, so another mailet wrote this one.
        if (!mailboxes.isEmpty()) {
            edits.delete(field.start(), field.end());
            edits.insert(field.start(), name + String.join(",\r\n ", mailboxes) + "\r\n");
        }
    }

    private static Stream<String> text(Mailbox mailbox, int before) {
        return (mailbox.namesAnAddress() ? mailbox.withoutAddressInName() : mailbox.plainText())
                        .map(text -> before + text.length() <= AddressList.LONGEST_LINE
                                ? text
                                : "<" + mailbox.written() + ">")
                        .stream();
    }
}
