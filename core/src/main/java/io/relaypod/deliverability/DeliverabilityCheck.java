package io.relaypod.deliverability;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

import io.relaypod.address.AddressList;
import io.relaypod.address.AddressList.Mailbox;
import io.relaypod.address.AddressSet;
import io.relaypod.address.EmailAddress;
import io.relaypod.calendar.StrippedMail;
import io.relaypod.mime.EncodedWords;
import io.relaypod.mime.MessageOutline;

/**
 * Decides whether Mailpit, smtp2graph and Graph accept a message, and whether its structure can be read at all. The
 * message is read line by line as it arrives. Time is linear in the size of the message, memory is bounded by
 * {@link #MAX_MEMORY}. For one message and one thread.
 *
 * <pre>{@code
 * DeliverabilityCheck check = new DeliverabilityCheck(rules);
 * lines.forEach(check::line);
 * Optional<MailRefusal> refusal = check.verdict(sender, recipients);
 * }</pre>
 */
public final class DeliverabilityCheck {

    /** Bytes of memory for the worst message, without the line that is being read. An ordinary message takes 10 KiB. */
    public static final int MAX_MEMORY = 1024 * 1024;

    // Received (ours and Mailpit's), Return-Path, Message-ID. What they quote is bounded by addresses and host names.
    private static final int ADDED_FIELDS = 4 * 1024;
    private static final int MAILPIT_RECIPIENTS = 100;
    // "Bcc: ", a comma, a blank and a folded line for each address.
    private static final int AROUND_AN_ADDRESS = 8;
    // They would end smtp2graph's URL of the mailbox, or change where it points.
    private static final String BREAKS_URL = "/?#%\\";

    private final GraphRules rules;
    private final HeaderCheck header;
    private final MessageOutline outline = new MessageOutline();
    private final MailsplitNodes nodes = new MailsplitNodes();
    private long size;

    /** For a message of which it is not known who wrote its Received fields. */
    public DeliverabilityCheck(GraphRules rules) {
        this(rules, "");
    }

    /** @param hostName that this relay names in its Received fields, by which it finds messages that circle */
    public DeliverabilityCheck(GraphRules rules, String hostName) {
        this.rules = rules;
        this.header = new HeaderCheck(hostName);
    }

    /** @param line with its line break, dots unstuffed */
    public void line(byte[] line) {
        size += line.length;
        if (header.isOpen()) {
            header.line(line);
        }
        outline.line(line);
        nodes.line(line);
    }

    /** The Message-ID with its angle brackets; empty when there is none. */
    public String messageId() {
        return header.messageId();
    }

    /** The beginning of the Subject, with its encoded words (RFC 2047) decoded; empty when there is none. */
    public String subject() {
        return EncodedWords.decode(AddressList.utf8(header.subject()));
    }

    /**
     * The mailbox that smtp2graph sends the message from, in lower case; empty if there is none. To be called after
     * {@link #verdict}.
     *
     * @param sender of the envelope; empty for {@code MAIL FROM:<>}
     */
    public String mailbox(String sender) {
        boolean hasFrom = header.senders().stream().anyMatch(SenderField::isFrom);
        return header.senders().stream()
                .filter(field -> hasFrom || sender.isEmpty())
                .flatMap(field -> field.mailbox().stream())
                .findFirst()
                .map(mailbox -> AddressList.utf8(mailbox.written()))
                .orElse(sender)
                .toLowerCase(Locale.ROOT);
    }

    /**
     * @param sender of the envelope; empty for {@code MAIL FROM:<>}
     * @param recipients that were accepted
     * @return why the message cannot be accepted, if so
     */
    public Optional<MailRefusal> verdict(String sender, List<String> recipients) {
        header.end();
        return checkHops()
                .or(this::checkLimits)
                .or(header::problem)
                .or(() -> checkMailbox(sender))
                .or(() -> checkSize(sender, recipients));
    }

    private Optional<MailRefusal> checkHops() {
        if (header.ownHops() >= MailLimits.OWN_HOPS) {
            return Optional.of(new MailRefusal(
                    554,
                    "5.4.6 Mail loop: the mail was at this relay " + header.ownHops()
                            + " times before; the gateway (UPSTREAM_HOST) or what follows it sends it back"));
        }
        return header.hops() <= MailLimits.HOPS
                ? Optional.empty()
                : Optional.of(new MailRefusal(
                        554,
                        "5.4.6 Mail loop suspected: " + header.hops() + " Received fields; at most " + MailLimits.HOPS
                                + " are taken"));
    }

    private Optional<MailRefusal> checkLimits() {
        return exceeds(header.fields(), MailLimits.HEADER_FIELDS, "header fields")
                .or(() -> exceeds(header.lines(), MailLimits.HEADER_LINES, "header lines"))
                .or(() -> exceeds(header.bytes(), MailLimits.HEADER_BYTES, "bytes of header"))
                .or(() -> exceeds(header.addresses(), MailLimits.ADDRESSES, "addresses in To, Cc and Bcc"))
                .or(() -> nodes.problem(header.bytes())
                        .or(outline::problem)
                        .map(reason -> new MailRefusal(550, "5.6.0 The mail has " + reason)));
    }

    private static Optional<MailRefusal> exceeds(long count, long limit, String unit) {
        return count <= limit
                ? Optional.empty()
                : Optional.of(new MailRefusal(
                        550, "5.6.0 The mail has " + count + " " + unit + "; at most " + limit + " are taken"));
    }

    /**
     * The first mailbox in From and Sender that is not among the addresses, as it is written; the whole field if it
     * cannot be read. To be called after {@link #verdict}.
     */
    public Optional<String> senderOutside(AddressSet allowed) {
        return header.senders().stream()
                .filter(field -> !field.value().isBlank())
                .flatMap(field -> field.writtenMailboxes().stream())
                .filter(written -> EmailAddress.parse(AddressList.utf8(written))
                        .filter(allowed::contains)
                        .isEmpty())
                .findFirst();
    }

    private Optional<MailRefusal> checkMailbox(String sender) {
        boolean hasFrom = header.senders().stream().anyMatch(SenderField::isFrom);
        // smtp2graph makes the missing From field of the envelope's sender, and puts it first.
        if (!hasFrom && !sender.isEmpty()) {
            return checkMailbox(sender, EmailAddress.parse(sender));
        }
        Optional<Mailbox> first = header.senders().stream()
                .flatMap(each -> each.mailbox().stream())
                .findFirst();
        return first.isEmpty()
                ? Optional.of(new MailRefusal(
                        550, "5.6.0 No From field and an empty MAIL FROM: there is no mailbox to send from"))
                : checkMailbox(first.get().written(), first.get().address());
    }

    private Optional<MailRefusal> checkMailbox(String written, Optional<EmailAddress> address) {
        if (address.isEmpty() || written.chars().anyMatch(DeliverabilityCheck::breaksUrl)) {
            return Optional.of(
                    new MailRefusal(550, "5.6.0 No mailbox of Graph can be named <" + printable(written) + ">"));
        }
        return rules.mailboxes().isEmpty() || rules.mailboxes().contains(address.get())
                ? Optional.empty()
                : Optional.of(new MailRefusal(
                        550, "5.7.1 Mail may not be sent from the mailbox <" + printable(written) + ">"));
    }

    private static boolean breaksUrl(int c) {
        return c <= ' ' || c == 0x7f || BREAKS_URL.indexOf(c) >= 0;
    }

    private static String printable(String text) {
        return text.replaceAll("[^\\x21-\\x7e]", "?");
    }

    private Optional<MailRefusal> checkSize(String sender, List<String> recipients) {
        long most = sizeAtGraph(sender, recipients);
        return rules.maxMessageSize() == 0 || most <= rules.maxMessageSize()
                ? Optional.empty()
                : Optional.of(new MailRefusal(
                        552,
                        "5.3.4 Message would have " + most + " bytes with what is added on the way; Graph takes "
                                + rules.maxMessageSize()));
    }

    /**
     * The size to which the largest copy of the message may grow. smtp2graph 1.1.4 writes From into every MIME part,
     * and a Bcc with all recipients of the copy, as it looks for To and Cc in the part's own header.
     */
    long sizeAtGraph(String sender, List<String> recipients) {
        long bcc = recipients.stream()
                .map(recipient -> recipient.getBytes(StandardCharsets.UTF_8).length + AROUND_AN_ADDRESS)
                .sorted(Comparator.reverseOrder())
                .limit(recipientsOfACopy())
                .mapToLong(Integer::longValue)
                .sum();
        long inEveryPart = bcc + sender.getBytes(StandardCharsets.UTF_8).length + 2L * AROUND_AN_ADDRESS;
        // To and Cc may come again as X-Relaypod-Original-To, and folded anew, as From and Sender.
        return size
                + ADDED_FIELDS
                + 3 * header.visibleRecipientBytes()
                + header.senderBytes()
                + StrippedMail.MAX_GROWTH
                + outline.parts() * (long) StrippedMail.MAX_GROWTH_PER_PART
                + (nodes.count() + StrippedMail.MAX_PARTS_ADDED) * inEveryPart;
    }

    /** If blind recipients get copies of their own, any other copy has only recipients whom To and Cc list. */
    private long recipientsOfACopy() {
        return rules.ownBlindCopies()
                ? Math.max(1, Math.min(MAILPIT_RECIPIENTS, header.visibleAddresses()))
                : MAILPIT_RECIPIENTS;
    }
}
