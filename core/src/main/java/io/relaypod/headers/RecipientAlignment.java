package io.relaypod.headers;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

import io.relaypod.address.AddressList;
import io.relaypod.address.AddressList.Mailbox;
import io.relaypod.address.EmailAddress;
import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderField;
import io.relaypod.mime.HeaderSection;

/**
 * Makes To and Cc list only recipients of this copy, each once, because Graph delivers to the addresses in the header.
 * smtp2graph adds a Bcc for a recipient whom no field lists in a way that every program reads alike.
 *
 * <pre>{@code
 * Edits edits = new RecipientAlignment(recipients, keepOriginal, refused).of(HeaderSection.read(mail, RecipientAlignment.FIELDS));
 * }</pre>
 *
 * <p>A field that needs no change keeps its bytes. Bcc and Resent-Bcc are removed. Immutable.
 */
public final class RecipientAlignment {

    /** The fields that are looked at. */
    public static final Set<String> FIELDS = Set.of("to", "cc", "bcc", "resent-bcc");

    // Microsoft 365 refuses a field of more than 32 KiB, as SMTP servers that relay to it report.
    private static final int LONGEST_FIELD = 30 * 1024;
    private static final int LONGEST_RECORD = 16 * 1024;
    private static final Map<String, String> NAMES = Map.of("to", "To", "cc", "Cc");

    private final Map<EmailAddress, String> recipients = new HashMap<>();
    private final boolean keepOriginal;
    private final Set<EmailAddress> refused = new HashSet<>();

    /**
     * @param recipients of this copy, as the envelope spells them
     * @param keepOriginal whether a changed field is recorded as {@code X-Relaypod-Original-To} or {@code -Cc}
     * @param refused addresses that were refused, which no record may name
     */
    public RecipientAlignment(Collection<String> recipients, boolean keepOriginal, Collection<String> refused) {
        this.keepOriginal = keepOriginal;
        recipients.forEach(recipient ->
                EmailAddress.parse(recipient).ifPresent(address -> this.recipients.putIfAbsent(address, recipient)));
        refused.forEach(address -> EmailAddress.parse(address).ifPresent(this.refused::add));
    }

    public Edits of(HeaderSection header) {
        Edits edits = new Edits();
        Set<EmailAddress> named = new HashSet<>();
        align("to", header, named, edits);
        align("cc", header, named, edits);
        header.fields().stream()
                .filter(field -> field.name().endsWith("bcc"))
                .forEach(field -> edits.delete(field.start(), field.end()));
        return edits;
    }

    private void align(String name, HeaderSection header, Set<EmailAddress> named, Edits edits) {
        List<HeaderField> fields = header.named(name);
        List<String> kept = new ArrayList<>();
        boolean asItWas = fields.size() == 1 && fields.get(0).raw().length() <= LONGEST_FIELD;
        List<String> addresses = new ArrayList<>();
        for (HeaderField field : fields) {
            Optional<AddressList> list = AddressList.parse(field.value());
            asItWas &=
                    field.isPlainlyNamed() && list.filter(AddressList::isPlain).isPresent();
            for (Mailbox mailbox : list.map(AddressList::mailboxes).orElseGet(List::of)) {
                Optional<String> text = mailbox.address()
                        .filter(address -> recipients.containsKey(address) && !named.contains(address))
                        .flatMap(address -> text(mailbox, Objects.requireNonNull(recipients.get(address))));
                asItWas &= text.filter(mailbox.text()::equals).isPresent();
                text.ifPresent(kept::add);
                text.flatMap(any -> mailbox.address()).ifPresent(address -> {
                    named.add(address);
                    addresses.add(AddressList.bytes(Objects.requireNonNull(recipients.get(address))));
                });
            }
        }
        if (fields.isEmpty() || asItWas && !kept.isEmpty()) {
            return;
        }
        fields.forEach(field -> edits.delete(field.start(), field.end()));
        long at = fields.get(0).start();
        if (!kept.isEmpty()) {
            String spelled = Objects.requireNonNull(NAMES.get(name));
            String field = field(spelled, kept);
            edits.insert(at, field.length() <= LONGEST_FIELD ? field : field(spelled, addresses));
        }
        List<String> original = original(fields);
        if (keepOriginal && !original.isEmpty() && !original.equals(kept)) {
            edits.insert(at, field("X-Relaypod-Original-" + NAMES.get(name), atMost(LONGEST_RECORD, original)));
        }
    }

    /**
     * The mailbox as it was, unless it spells the address in another way than the envelope, by which smtp2graph looks
     * for it.
     */
    private static Optional<String> text(Mailbox mailbox, String recipient) {
        boolean alike =
                AddressList.utf8(mailbox.written()).toLowerCase(Locale.ROOT).equals(recipient.toLowerCase(Locale.ROOT));
        return mailbox.plain() && alike
                ? Optional.of(mailbox.text())
                : mailbox.withAddress(AddressList.bytes(recipient));
    }

    private List<String> original(List<HeaderField> fields) {
        Predicate<Mailbox> mayBeNamed = mailbox ->
                mailbox.address().filter(address -> !refused.contains(address)).isPresent();
        return fields.stream()
                .flatMap(field ->
                        AddressList.parse(field.value()).map(AddressList::mailboxes).orElseGet(List::of).stream())
                .filter(mayBeNamed)
                .flatMap(mailbox -> mailbox.plainText().stream())
                .toList();
    }

    private static List<String> atMost(int length, List<String> mailboxes) {
        List<String> first = new ArrayList<>();
        int taken = 0;
        for (String mailbox : mailboxes) {
            taken += mailbox.length() + ",\r\n ".length();
            if (taken > length) {
                first.add("... and " + (mailboxes.size() - first.size()) + " more");
                return first;
            }
            first.add(mailbox);
        }
        return first;
    }

    private static String field(String name, List<String> mailboxes) {
        return name + ": " + String.join(",\r\n ", mailboxes) + "\r\n";
    }
}
