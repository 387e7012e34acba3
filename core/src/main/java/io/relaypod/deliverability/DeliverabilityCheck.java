package io.relaypod.deliverability;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

import io.relaypod.address.AddressList;
import io.relaypod.address.AddressList.Mailbox;
import io.relaypod.address.AddressSet;
import io.relaypod.address.EmailAddress;
import io.relaypod.calendar.StrippedMail;
import io.relaypod.headers.SenderAlignment;
import io.relaypod.mime.AddressCount;
import io.relaypod.mime.HeaderField;
import io.relaypod.mime.MessageOutline;

/**
 * Reads a mail line by line as it comes in, and says at its end whether Mailpit, smtp2graph and Graph will take it, and
 * whether its structure can be read at all. Time is linear in the mail's size, memory bounded: {@link #MOST_MEMORY}.
 * For one mail and one thread.
 *
 * <pre>{@code
 * DeliverabilityCheck review = new DeliverabilityCheck(rules);
 * lines.forEach(review::line);
 * Optional<MailRefusal> refusal = review.verdict(sender, recipients);
 * }</pre>
 */
public final class DeliverabilityCheck {

    /**
     * Bytes that the review of the worst mail holds at a time, the line at hand left out; that of an ordinary mail
     * holds 10 KiB.
     */
    public static final int MOST_MEMORY = 1024 * 1024;

    // Received (ours and Mailpit's), Return-Path, Message-ID: what they say in full is bounded by the addresses and
    // names in them.
    private static final int ADDED_FIELDS = 4 * 1024;
    private static final int LONGEST_MESSAGE_ID = 998;
    private static final int MAILPIT_RECIPIENTS = 100;
    // "Bcc: ", a comma, a blank and a folded line for each address.
    private static final int AROUND_AN_ADDRESS = 8;
    // Both fields may be there twice, which is refused; of more nothing needs to be known.
    private static final int SENDER_FIELDS = 4;
    // They would end smtp2graph's URL of the mailbox, or change where it points.
    private static final Pattern BREAKS_URL = Pattern.compile(".*[/?#%\\\\\\s\\p{Cntrl}].*");
    private static final Set<String> RECIPIENT_FIELDS = Set.of("to", "cc", "bcc");

    private final GraphRules rules;
    private final MessageOutline outline = new MessageOutline();
    private final MailsplitNodes nodes = new MailsplitNodes();
    private final AddressCount addresses = new AddressCount();
    private final List<SenderField> senders = new ArrayList<>();
    private final StringBuilder senderField = new StringBuilder();
    private final StringBuilder messageId = new StringBuilder();
    private Optional<MailRefusal> problem = Optional.empty();
    private boolean inHeader = true;
    private boolean inAddressField;
    private boolean inRecipientField;
    private boolean inMessageId;
    private boolean inSenderField;
    private long lineNumber;
    private long senderLine;
    private long size;
    private long headerFields;
    private long hops;
    private long headerLines;
    private long headerBytes;
    private long recipientBytes;
    private long senderBytes;

    private record SenderField(HeaderField field, long line, Optional<Mailbox> mailbox) {

        static SenderField at(long line, HeaderField field) {
            return new SenderField(
                    field,
                    line,
                    AddressList.parse(field.value())
                            .flatMap(list -> list.mailboxes().stream()
                                    .filter(mailbox -> mailbox.address().isPresent()
                                            && mailbox.plainText().isPresent())
                                    .findFirst()));
        }

        /** Something that is no mailbox for what cannot be read as mailboxes. */
        List<String> writtenMailboxes() {
            return AddressList.parse(field.value())
                    .map(list -> list.mailboxes().stream()
                            .map(mailbox -> mailbox.address().isPresent() ? mailbox.written() : mailbox.text())
                            .toList())
                    .orElseGet(() -> List.of(field.value().strip()));
        }

        boolean isBlank() {
            return field.value().isBlank();
        }
    }

    public DeliverabilityCheck(GraphRules rules) {
        this.rules = rules;
    }

    /** @param line with its line break, dots unstuffed */
    public void line(byte[] line) {
        size += line.length;
        lineNumber++;
        if (inHeader) {
            headerLines++;
            headerBytes += line.length;
            headerLine(new String(line, StandardCharsets.ISO_8859_1));
        }
        outline.line(line);
        nodes.line(line);
    }

    private void headerLine(String line) {
        String text = withoutBreak(line);
        if (text.isEmpty()) {
            endHeader();
            return;
        }
        // Node takes each of these for the end of a line, so that smtp2graph would read another header than we do.
        if (text.contains("\r") || text.contains("\u00e2\u0080\u00a8") || text.contains("\u00e2\u0080\u00a9")) {
            refuse("a line break that is not CRLF");
        }
        boolean continued = text.charAt(0) == ' ' || text.charAt(0) == '\t';
        if (continued && lineNumber == 1) {
            refuse("a continuation without a field before it (RFC 5322 section 2.2.3)");
        } else if (!continued) {
            beginField(text);
        }
        if (inRecipientField) {
            recipientBytes += line.length();
        }
        if (inAddressField) {
            addresses.add(continued ? text : text.substring(text.indexOf(':') + 1));
        }
        if (inMessageId && messageId.length() < LONGEST_MESSAGE_ID) {
            messageId.append(continued ? text : HeaderField.at(0, text).value());
        }
        if (inSenderField) {
            senderLine(line);
        }
    }

    private void senderLine(String line) {
        senderField.append(line, 0, Math.min(line.length(), MailLimits.SENDER_FIELD + 1));
        if (senderField.length() > MailLimits.SENDER_FIELD) {
            refuse("a From or Sender field of more than " + MailLimits.SENDER_FIELD + " bytes");
            senderField.setLength(1);
        }
    }

    private void beginField(String text) {
        endSenderField();
        headerFields++;
        if (text.indexOf(':') < 0) {
            refuse("no colon, so that it is no header field (RFC 5322 section 2.2)");
        }
        senderLine = lineNumber;
        String name = name(text);
        if (name.startsWith("from ") || name.startsWith(">from ") || name.startsWith("from\t")) {
            refuse("the From line of an mbox, which is no header field (RFC 4155)");
        }
        hops += name.equals("received") ? 1 : 0;
        inAddressField = RECIPIENT_FIELDS.contains(name);
        inRecipientField = inAddressField && !name.equals("bcc");
        inMessageId = name.equals("message-id");
        inSenderField = SenderAlignment.FIELDS.contains(name);
        if (inAddressField) {
            addresses.beginField();
        }
    }

    /** The Message-ID with its angle brackets; empty when there is none. */
    public String messageId() {
        return messageId.toString().strip();
    }

    private static String name(String text) {
        return HeaderField.at(0, text).name();
    }

    private static String withoutBreak(String line) {
        String text = line.endsWith("\n") ? line.substring(0, line.length() - 1) : line;
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }

    private void endSenderField() {
        if (!senderField.isEmpty()) {
            senderBytes += senderField.length();
            HeaderField field = HeaderField.at(0, senderField.toString());
            if (senders.stream()
                            .filter(each -> each.field().name().equals(field.name()))
                            .count()
                    < SENDER_FIELDS / 2) {
                senders.add(SenderField.at(senderLine, field));
            }
            senderField.setLength(0);
        }
    }

    private void endHeader() {
        endSenderField();
        inHeader = false;
    }

    private void refuse(String rule) {
        refuseAt(lineNumber, rule);
    }

    private void refuseAt(long line, String rule) {
        if (problem.isEmpty()) {
            problem = Optional.of(new MailRefusal(550, "5.6.0 Header line " + line + ": " + rule));
        }
    }

    /**
     * @param sender of the envelope; empty for {@code MAIL FROM:<>}
     * @param recipients that were accepted
     * @return why the mail cannot be taken, if so
     */
    public Optional<MailRefusal> verdict(String sender, List<String> recipients) {
        endHeader();
        Optional<MailRefusal> tooMuch = checkHops().or(this::checkLimits);
        if (tooMuch.isPresent()) {
            return tooMuch;
        }
        checkSenderFields();
        if (problem.isPresent()) {
            return problem;
        }
        Optional<String> mailbox = mailbox(sender);
        if (mailbox.isEmpty()) {
            return Optional.of(new MailRefusal(
                    550, "5.6.0 No From field and an empty MAIL FROM: there is no mailbox to send from"));
        }
        return checkMailbox(mailbox.get()).or(() -> checkSize(sender, recipients));
    }

    private Optional<MailRefusal> checkHops() {
        return hops <= MailLimits.HOPS
                ? Optional.empty()
                : Optional.of(new MailRefusal(
                        554,
                        "5.4.6 Mail loop suspected: " + hops + " Received fields; at most " + MailLimits.HOPS
                                + " are taken"));
    }

    private Optional<MailRefusal> checkLimits() {
        return exceeds(headerFields, MailLimits.HEADER_FIELDS, "header fields")
                .or(() -> exceeds(headerLines, MailLimits.HEADER_LINES, "header lines"))
                .or(() -> exceeds(headerBytes, MailLimits.HEADER_BYTES, "bytes of header"))
                .or(() -> exceeds(addresses.count(), MailLimits.ADDRESSES, "addresses in To, Cc and Bcc"))
                .or(() -> nodes.problem(headerBytes)
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
     * Of the mailboxes in From and Sender the first that is not among the addresses, as it is written; of a field that
     * cannot be read, the whole. To be asked after {@link #verdict}.
     */
    public Optional<String> senderOutside(AddressSet allowed) {
        return senders.stream()
                .filter(field -> !field.isBlank())
                .flatMap(field -> field.writtenMailboxes().stream())
                .filter(written -> EmailAddress.parse(AddressList.utf8(written))
                        .filter(allowed::contains)
                        .isEmpty())
                .findFirst();
    }

    private void checkSenderFields() {
        for (String name : List.of("from", "sender")) {
            List<SenderField> fields = senders.stream()
                    .filter(each -> each.field().name().equals(name))
                    .toList();
            if (fields.size() > 1) {
                refuseAt(fields.get(1).line(), "a second " + name + " field (RFC 5322 section 3.6)");
            }
            fields.stream()
                    .filter(each -> each.mailbox().isEmpty() && !(each.isBlank() && name.equals("sender")))
                    .findFirst()
                    .ifPresent(each ->
                            refuseAt(each.line(), "no address in the " + name + " field (RFC 5322 section 3.6.2)"));
        }
    }

    /** The mailbox that smtp2graph will take: that of the first line it finds, after it has put in a missing From. */
    private Optional<String> mailbox(String sender) {
        boolean hasFrom = senders.stream().anyMatch(each -> each.field().name().equals("from"));
        if (!hasFrom && !sender.isEmpty()) {
            return Optional.of(sender);
        }
        return senders.stream()
                .flatMap(each -> each.mailbox().stream())
                .map(Mailbox::written)
                .findFirst();
    }

    private Optional<MailRefusal> checkMailbox(String mailbox) {
        Optional<EmailAddress> address = EmailAddress.parse(AddressList.utf8(mailbox));
        if (address.isEmpty() || BREAKS_URL.matcher(mailbox).matches()) {
            return Optional.of(
                    new MailRefusal(550, "5.6.0 No mailbox of Graph can be named <" + printable(mailbox) + ">"));
        }
        return rules.mailboxes().isEmpty() || rules.mailboxes().contains(address.get())
                ? Optional.empty()
                : Optional.of(new MailRefusal(
                        550, "5.7.1 Mail may not be sent from the mailbox <" + printable(mailbox) + ">"));
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
     * What the mail may grow to. smtp2graph 1.1.4 puts Bcc and From into the header of every MIME part, not only of the
     * mail.
     */
    long sizeAtGraph(String sender, List<String> recipients) {
        long bcc = recipients.stream()
                .map(recipient -> recipient.getBytes(StandardCharsets.UTF_8).length + AROUND_AN_ADDRESS)
                .sorted(Comparator.reverseOrder())
                .limit(MAILPIT_RECIPIENTS)
                .mapToLong(Integer::longValue)
                .sum();
        long inEveryPart = bcc + sender.getBytes(StandardCharsets.UTF_8).length + 2L * AROUND_AN_ADDRESS;
        // To and Cc may come again as X-Relaypod-Original-To, and folded anew, as From and Sender.
        return size
                + ADDED_FIELDS
                + 3 * recipientBytes
                + senderBytes
                + StrippedMail.MOST_GROWTH
                + outline.parts() * (long) StrippedMail.MOST_GROWTH_A_PART
                + (nodes.count() + StrippedMail.MOST_PARTS_ADDED) * inEveryPart;
    }
}
