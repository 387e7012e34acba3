package io.relaypod.graph;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.google.common.base.Ascii;

import io.relaypod.calendar.ChangedMail;
import io.relaypod.mime.HeaderField;
import io.relaypod.recipients.AddressList;
import io.relaypod.recipients.AddressList.Mailbox;
import io.relaypod.recipients.EmailAddress;

/**
 * Reads a mail line by line as it comes in, and says at its end whether Mailpit, smtp2graph and Graph will take it. Constant memory. For
 * one mail and one thread.
 *
 * <pre>{@code
 * MailReview review = new MailReview(rules);
 * lines.forEach(review::line);
 * Optional<Refusal> refusal = review.verdict(sender, recipients);
 * }</pre>
 */
public final class MailReview {

    // More than any list of senders needs.
    private static final int LONGEST_SENDER_FIELD = 64 * 1024;
    // Received (ours and Mailpit's), Return-Path, Message-ID: what they say in full is bounded by the addresses and names in them.
    private static final int ADDED_FIELDS = 4 * 1024;
    private static final int LONGEST_MESSAGE_ID = 998;
    private static final int MAILPIT_RECIPIENTS = 100;
    private static final String BOUNDARY = "boundary";
    // RFC 2046 section 5.1.1
    private static final int LONGEST_BOUNDARY = 70;
    private static final int LONGEST_PARAMETER = 2 * LONGEST_BOUNDARY;
    private static final int MOST_BOUNDARIES = 100;
    // Every line that begins with "--" is its delimiter.
    private static final String ANY_BOUNDARY = "";
    // A quoted string without an escape, or a token.
    private static final Pattern BOUNDARY_VALUE = Pattern.compile("=\\s*(?:\"([^\"\\\\]*)\"|([^\\s\";()\\\\]+))");
    private static final String ATTACHED_MESSAGE = "rfc822";
    // "Bcc: ", a comma, a blank and a folded line for each address.
    private static final int AROUND_AN_ADDRESS = 8;
    // They would end smtp2graph's URL of the mailbox, or change where it points.
    private static final Pattern BREAKS_URL = Pattern.compile(".*[/?#%\\\\\\s\\p{Cntrl}].*");

    private final GraphRules rules;
    private final List<SenderField> senders = new ArrayList<>();
    private final StringBuilder senderField = new StringBuilder();
    private Optional<Refusal> problem = Optional.empty();
    private boolean inHeader = true;
    private final StringBuilder messageId = new StringBuilder();
    private boolean inRecipientField;
    private boolean inMessageId;
    private long lineNumber;
    private long senderLine;
    private long size;
    private long recipientBytes;
    private long senderBytes;
    private final Set<String> boundaries = new HashSet<>();
    // After the word "boundary" alone, as the field may be folded there.
    private boolean endsBeforeBoundary;
    private long mayBeParts = 1;

    private record SenderField(HeaderField field, long line) {

        Optional<Mailbox> mailbox() {
            return AddressList.parse(field.value()).flatMap(list -> list.mailboxes().stream()
                .filter(mailbox -> mailbox.address().isPresent() && mailbox.plainText().isPresent()).findFirst());
        }

        boolean isBlank() {
            return field.value().isBlank();
        }
    }

    public MailReview(GraphRules rules) {
        this.rules = rules;
    }

    /**
     * @param line with its line break, dots unstuffed
     */
    public void line(byte[] line) {
        size += line.length;
        lineNumber++;
        if (inHeader) {
            headerLine(new String(line, StandardCharsets.ISO_8859_1));
        } else if (isDelimiter(line)) {
            mayBeParts++;
        }
        learnBoundaries(line);
        if (namesAttachedMessage(line)) {
            mayBeParts++;
        }
    }

    private boolean isDelimiter(byte[] line) {
        if (line.length <= 2 || line[0] != '-' || line[1] != '-') {
            return false;
        }
        String text = text(line, 2, Math.min(line.length, 2 + LONGEST_BOUNDARY));
        return boundaries.stream().anyMatch(text::startsWith);
    }

    // Wherever it stands, as a part may be a mail: what is no boundary after all costs some room, and no more.
    private void learnBoundaries(byte[] line) {
        if (endsBeforeBoundary) {
            endsBeforeBoundary = false;
            if (line.length > 0 && (line[0] == ' ' || line[0] == '\t')) {
                learnBoundary(line, 0);
            }
        }
        for (int last = BOUNDARY.length() - 1; last < line.length; last++) {
            if ((line[last] | ' ') == 'y' && (line[last - 1] | ' ') == 'r'
                && Ascii.equalsIgnoreCase(BOUNDARY, text(line, last + 1 - BOUNDARY.length(), last + 1))) {
                learnBoundary(line, last + 1);
            }
        }
    }

    /** @param start where the parameter's name has ended */
    private void learnBoundary(byte[] line, int start) {
        int sign = start;
        while (sign < line.length && Character.isWhitespace(line[sign])) {
            sign++;
        }
        if (sign == line.length) {
            endsBeforeBoundary = true;
        } else if (line[sign] == '=' || line[sign] == '*') {
            boundaries.add(boundaries.size() < MOST_BOUNDARIES ? boundary(text(line, sign, Math.min(line.length, sign + LONGEST_PARAMETER)))
                : ANY_BOUNDARY);
        }
    }

    /** The beginning of the delimiter that the parameter names, at least; what cannot be read for sure may be any. */
    private static String boundary(String parameter) {
        Matcher value = BOUNDARY_VALUE.matcher(parameter);
        if (!value.lookingAt()) {
            return ANY_BOUNDARY;
        }
        String boundary = value.group(1) == null ? value.group(2) : value.group(1);
        return boundary.substring(0, Math.min(boundary.length(), LONGEST_BOUNDARY)).stripTrailing();
    }

    // One that is shown inline has a header that smtp2graph writes into, beside that of the part.
    private static boolean namesAttachedMessage(byte[] line) {
        for (int i = line.length - 1; i >= ATTACHED_MESSAGE.length() - 1; i--) {
            if (line[i] == '2' && line[i - 1] == '2' && Ascii.equalsIgnoreCase(ATTACHED_MESSAGE, text(line, i + 1 - ATTACHED_MESSAGE.length(), i + 1))) {
                return true;
            }
        }
        return false;
    }

    private static String text(byte[] line, int start, int end) {
        return new String(line, start, end - start, StandardCharsets.ISO_8859_1);
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
        if (inMessageId && messageId.length() < LONGEST_MESSAGE_ID) {
            messageId.append(continued ? text : HeaderField.at(0, text).value());
        }
        if (!senderField.isEmpty() || !continued && isSender(text)) {
            senderField.append(line);
            if (senderField.length() > LONGEST_SENDER_FIELD) {
                refuse("a From or Sender field of more than " + LONGEST_SENDER_FIELD + " bytes");
                senderField.setLength(1);
            }
        }
    }

    private void beginField(String text) {
        endSenderField();
        if (text.indexOf(':') < 0) {
            refuse("no colon, so that it is no header field (RFC 5322 section 2.2)");
        }
        senderLine = lineNumber;
        String name = name(text);
        inRecipientField = name.equals("to") || name.equals("cc");
        inMessageId = name.equals("message-id");
    }

    /** The Message-ID with its angle brackets; empty when there is none. */
    public String messageId() {
        return messageId.toString().strip();
    }

    private static boolean isSender(String text) {
        return SenderAlignment.FIELDS.contains(name(text));
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
            senders.add(new SenderField(HeaderField.at(0, senderField.toString()), senderLine));
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
            problem = Optional.of(new Refusal(550, "5.6.0 Header line " + line + ": " + rule));
        }
    }

    /**
     * @param sender     of the envelope; empty for {@code MAIL FROM:<>}
     * @param recipients that were accepted
     * @return why the mail cannot be taken, if so
     */
    public Optional<Refusal> verdict(String sender, List<String> recipients) {
        endHeader();
        checkSenderFields();
        if (problem.isPresent()) {
            return problem;
        }
        Optional<String> mailbox = mailbox(sender);
        if (mailbox.isEmpty()) {
            return Optional.of(new Refusal(550, "5.6.0 No From field and an empty MAIL FROM: there is no mailbox to send from"));
        }
        return checkMailbox(mailbox.get()).or(() -> checkSize(sender, recipients));
    }

    private void checkSenderFields() {
        for (String name : List.of("from", "sender")) {
            List<SenderField> fields = senders.stream().filter(each -> each.field().name().equals(name)).toList();
            if (fields.size() > 1) {
                refuseAt(fields.get(1).line(), "a second " + name + " field (RFC 5322 section 3.6)");
            }
            fields.stream().filter(each -> each.mailbox().isEmpty() && !(each.isBlank() && name.equals("sender"))).findFirst()
                .ifPresent(each -> refuseAt(each.line(), "no address in the " + name + " field (RFC 5322 section 3.6.2)"));
        }
    }

    /** The mailbox that smtp2graph will take: that of the first line it finds, after it has put in a missing From. */
    private Optional<String> mailbox(String sender) {
        boolean hasFrom = senders.stream().anyMatch(each -> each.field().name().equals("from"));
        if (!hasFrom && !sender.isEmpty()) {
            return Optional.of(sender);
        }
        return senders.stream().flatMap(each -> each.mailbox().stream()).map(Mailbox::written).findFirst();
    }

    private Optional<Refusal> checkMailbox(String mailbox) {
        Optional<EmailAddress> address = EmailAddress.parse(AddressList.utf8(mailbox));
        if (address.isEmpty() || BREAKS_URL.matcher(mailbox).matches()) {
            return Optional.of(new Refusal(550, "5.6.0 No mailbox of Graph can be named <" + printable(mailbox) + ">"));
        }
        return rules.mailboxes().isEmpty() || rules.mailboxes().contains(address.get()) ? Optional.empty()
            : Optional.of(new Refusal(550, "5.7.1 Mail may not be sent from the mailbox <" + printable(mailbox) + ">"));
    }

    private static String printable(String text) {
        return text.replaceAll("[^\\x21-\\x7e]", "?");
    }

    private Optional<Refusal> checkSize(String sender, List<String> recipients) {
        long most = sizeAtGraph(sender, recipients);
        return rules.maxMessageSize() == 0 || most <= rules.maxMessageSize() ? Optional.empty()
            : Optional.of(new Refusal(552, "5.3.4 Message would have " + most + " bytes with what is added on the way; Graph takes "
                + rules.maxMessageSize()));
    }

    /** What the mail may grow to. smtp2graph 1.1.4 puts Bcc and From into the header of every MIME part, not only of the mail. */
    long sizeAtGraph(String sender, List<String> recipients) {
        long bcc = recipients.stream()
            .map(recipient -> recipient.getBytes(StandardCharsets.UTF_8).length + AROUND_AN_ADDRESS)
            .sorted(Comparator.reverseOrder())
            .limit(MAILPIT_RECIPIENTS)
            .mapToLong(Integer::longValue)
            .sum();
        long inEveryPart = bcc + sender.getBytes(StandardCharsets.UTF_8).length + 2L * AROUND_AN_ADDRESS;
        // To and Cc may come again as X-Relaypod-Original-To, and folded anew, as From and Sender.
        return size + ADDED_FIELDS + 3 * recipientBytes + senderBytes
            + ChangedMail.MOST_GROWTH + mayBeParts * ChangedMail.MOST_GROWTH_A_PART
            + (mayBeParts + ChangedMail.MOST_PARTS_ADDED) * inEveryPart;
    }
}
