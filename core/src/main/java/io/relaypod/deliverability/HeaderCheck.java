package io.relaypod.deliverability;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import io.relaypod.mime.AddressCount;
import io.relaypod.mime.HeaderField;

/**
 * Reads the header of a message line by line, counts what is in it, and finds what Mailpit and smtp2graph cannot read.
 * Memory is bounded by {@link MailLimits#SENDER_FIELD}. For one message and one thread.
 */
final class HeaderCheck {

    private static final int LONGEST_MESSAGE_ID = 998;
    private static final int LONGEST_SUBJECT = 998;
    // A second field of a name is refused, so further ones are of no interest.
    private static final int SENDER_FIELDS_OF_A_NAME = 2;

    private enum FieldOfInterest {
        NONE,
        VISIBLE_RECIPIENTS,
        BCC,
        MESSAGE_ID,
        SUBJECT,
        SENDER,
        RECEIVED
    }

    private final AddressCount visibleAddresses = new AddressCount();
    private final AddressCount bccAddresses = new AddressCount();
    private final OwnHops ownHops;
    private final List<SenderField> senders = new ArrayList<>(2);
    private final StringBuilder senderValue = new StringBuilder(0);
    private final StringBuilder messageId = new StringBuilder(0);
    private final StringBuilder subject = new StringBuilder(0);
    private Optional<MailRefusal> problem = Optional.empty();
    private FieldOfInterest field = FieldOfInterest.NONE;
    private String senderName = "";
    private long senderLine;
    private boolean open = true;
    private long lines;
    private long bytes;
    private long fields;
    private long hops;
    private long visibleRecipientBytes;
    private long senderBytes;

    /** @param hostName that this relay names in Received; empty to find none of its fields */
    HeaderCheck(String hostName) {
        this.ownHops = new OwnHops(hostName);
    }

    /** @param line with its line break, dots unstuffed */
    void line(byte[] line) {
        lines++;
        bytes += line.length;
        int end = line.length;
        end -= end > 0 && line[end - 1] == '\n' ? 1 : 0;
        end -= end > 0 && line[end - 1] == '\r' ? 1 : 0;
        if (end == 0) {
            end();
            return;
        }
        String text = new String(line, 0, end, StandardCharsets.ISO_8859_1);
        if (hasOtherLineBreak(text)) {
            refuse("a line break that is not CRLF");
        }
        boolean continued = text.charAt(0) == ' ' || text.charAt(0) == '\t';
        if (continued && lines == 1) {
            refuse("a continuation without a field before it (RFC 5322 section 2.2.3)");
        } else if (!continued) {
            beginField(text);
        }
        if (field != FieldOfInterest.NONE) {
            read(continued ? text : text.substring(text.indexOf(':') + 1), line.length);
        }
    }

    // Node takes U+2028 and U+2029 for the end of a line too, so that smtp2graph would read another header.
    private static boolean hasOtherLineBreak(String text) {
        return text.indexOf('\r') >= 0
                || text.indexOf('\u00e2') >= 0
                        && (text.contains("\u00e2\u0080\u00a8") || text.contains("\u00e2\u0080\u00a9"));
    }

    private void beginField(String text) {
        endSenderField();
        ownHops.endField();
        fields++;
        if (text.indexOf(':') < 0) {
            refuse("no colon, so that it is no header field (RFC 5322 section 2.2)");
        }
        String name = HeaderField.nameOf(text);
        if (name.startsWith("from ") || name.startsWith(">from ") || name.startsWith("from\t")) {
            refuse("the From line of an mbox, which is no header field (RFC 4155)");
        }
        hops += name.equals("received") ? 1 : 0;
        field = switch (name) {
            case "to", "cc" -> FieldOfInterest.VISIBLE_RECIPIENTS;
            case "bcc" -> FieldOfInterest.BCC;
            case "message-id" -> FieldOfInterest.MESSAGE_ID;
            // Programs show the first of several.
            case "subject" -> subject.isEmpty() ? FieldOfInterest.SUBJECT : FieldOfInterest.NONE;
            case "from", "sender" -> FieldOfInterest.SENDER;
            case "received" -> FieldOfInterest.RECEIVED;
            default -> FieldOfInterest.NONE;
        };
        switch (field) {
            case VISIBLE_RECIPIENTS -> visibleAddresses.beginField();
            case BCC -> bccAddresses.beginField();
            case SENDER -> {
                senderName = name;
                senderLine = lines;
            }
            default -> {}
        }
    }

    private void read(String value, int lineLength) {
        switch (field) {
            case VISIBLE_RECIPIENTS -> {
                visibleRecipientBytes += lineLength;
                visibleAddresses.add(value);
            }
            case BCC -> bccAddresses.add(value);
            case MESSAGE_ID -> {
                if (messageId.length() < LONGEST_MESSAGE_ID) {
                    messageId.append(value);
                }
            }
            case SUBJECT -> subject.append(value, 0, Math.min(value.length(), LONGEST_SUBJECT - subject.length()));
            case SENDER -> readSender(value, lineLength);
            case RECEIVED -> ownHops.add(value);
            default -> {}
        }
    }

    private void readSender(String value, int lineLength) {
        senderBytes += lineLength;
        if (senderValue.length() + lineLength > MailLimits.SENDER_FIELD) {
            refuse("a From or Sender field of more than " + MailLimits.SENDER_FIELD + " bytes");
            return;
        }
        senderValue.append(value);
    }

    private void endSenderField() {
        if (field != FieldOfInterest.SENDER) {
            return;
        }
        if (count(senderName) < SENDER_FIELDS_OF_A_NAME) {
            senders.add(SenderField.of(senderName, senderValue.toString(), senderLine));
        }
        senderValue.setLength(0);
        field = FieldOfInterest.NONE;
    }

    private int count(String name) {
        int count = 0;
        for (SenderField each : senders) {
            count += each.name().equals(name) ? 1 : 0;
        }
        return count;
    }

    private void refuse(String rule) {
        refuseAt(lines, rule);
    }

    private void refuseAt(long line, String rule) {
        if (problem.isEmpty()) {
            problem = Optional.of(new MailRefusal(550, "5.6.0 Header line " + line + ": " + rule));
        }
    }

    /** Whether the empty line behind the header is still to come. */
    boolean isOpen() {
        return open;
    }

    /** Ends the header, also where no empty line stands behind it. */
    void end() {
        endSenderField();
        ownHops.endField();
        open = false;
    }

    /** Why the header cannot be read, or the mail not be sent from its mailboxes, if so. To be asked at the end. */
    Optional<MailRefusal> problem() {
        checkSenders("from");
        checkSenders("sender");
        return problem;
    }

    private void checkSenders(String name) {
        boolean second = false;
        for (SenderField each : senders) {
            if (each.name().equals(name)) {
                if (second) {
                    refuseAt(each.line(), "a second " + name + " field (RFC 5322 section 3.6)");
                }
                second = true;
            }
        }
        for (SenderField each : senders) {
            boolean mayBeEmpty = !each.isFrom() && each.value().isBlank();
            if (each.name().equals(name) && each.mailbox().isEmpty() && !mayBeEmpty) {
                refuseAt(each.line(), "no address in the " + name + " field (RFC 5322 section 3.6.2)");
            }
        }
    }

    /** The first two From and the first two Sender fields, in their order. */
    List<SenderField> senders() {
        return senders;
    }

    /** The Message-ID with its angle brackets; empty when there is none. */
    String messageId() {
        return messageId.toString().strip();
    }

    /** The beginning of the Subject, unfolded, one char a byte; empty when there is none. */
    String subject() {
        return subject.toString().strip();
    }

    long lines() {
        return lines;
    }

    long bytes() {
        return bytes;
    }

    long fields() {
        return fields;
    }

    /** Received fields. */
    long hops() {
        return hops;
    }

    /** Received fields of this relay. */
    long ownHops() {
        return ownHops.count();
    }

    /** Addresses in To and Cc, or more. */
    long visibleAddresses() {
        return visibleAddresses.count();
    }

    /** Addresses in To, Cc and Bcc, or more. */
    long addresses() {
        return visibleAddresses.count() + bccAddresses.count();
    }

    /** Bytes of To and Cc. */
    long visibleRecipientBytes() {
        return visibleRecipientBytes;
    }

    /** Bytes of From and Sender. */
    long senderBytes() {
        return senderBytes;
    }
}
