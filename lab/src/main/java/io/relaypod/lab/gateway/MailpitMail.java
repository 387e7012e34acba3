package io.relaypod.lab.gateway;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.mail.internet.AddressException;
import javax.mail.internet.InternetAddress;

/**
 * A message with the changes that Mailpit makes. Each character is a byte (ISO 8859-1), so that no byte is lost.
 * Immutable.
 */
final class MailpitMail {

    private final String text;
    private final GoHeader header;

    private MailpitMail(String text, GoHeader header) {
        this.text = text;
        this.header = header;
    }

    /**
     * The message with Message-ID and Return-Path added; empty if Go cannot parse the header.
     *
     * @param received the message as sent, behind Mailpit's Received field
     */
    static Optional<MailpitMail> read(byte[] received, String sender, String newId) {
        String sent = latin1(received).replace("\r\r\n", "\r\n");
        String returnPath = latin1(sender);
        return GoHeader.read(bytes(sent)).map(header -> {
            String text = sent;
            if (!trimmed(header.get("Return-Path")).equals(returnPath)) {
                text = with("Return-Path", "<" + returnPath + ">", text, header);
            }
            if (trimmed(header.get("Message-ID")).isEmpty()) {
                text = "Message-ID: <" + newId + "@mailpit>\r\n" + text;
            }
            return new MailpitMail(text, header);
        });
    }

    /** The bytes that Mailpit relays. Go's SMTP client ends every line with CRLF. */
    byte[] relayed() {
        return bytes(text.replaceAll("(?<!\r)\n", "\r\n"));
    }

    /** The bytes that Mailpit stores, with a Bcc for recipients that the header does not list. */
    byte[] stored(List<String> recipients) {
        Optional<List<String>> bcc = addresses("Bcc");
        Set<String> listed = new HashSet<>(bcc.orElse(List.of()));
        addresses("To").ifPresent(listed::addAll);
        addresses("Cc").ifPresent(listed::addAll);
        List<String> missing = recipients.stream()
                .map(MailpitMail::latin1)
                .filter(recipient -> !listed.contains(recipient.toLowerCase(Locale.ROOT)))
                .toList();
        if (missing.isEmpty()) {
            return bytes(text);
        }
        // Mailpit's bug: if the message has a Bcc field, the missing addresses are not added.
        String value = bcc.isPresent() ? ", " + header.get("Bcc") : String.join(", ", missing);
        return bytes(with("Bcc", value, text, header));
    }

    /** Replaces a field, or adds it at the top. */
    private static String with(String name, String value, String text, GoHeader header) {
        String field = name + ": " + value + "\r\n";
        if (header.get(name).isEmpty()) {
            return field + text;
        }
        // Mailpit searches for CRLF line ends only, so in a message with bare LFs nothing is replaced.
        String old = fieldIn(text, name);
        int at = text.indexOf(old);
        return at < 0 ? text : text.substring(0, at) + field + text.substring(at + old.length());
    }

    private static String fieldIn(String text, String name) {
        List<String> found = new ArrayList<>();
        String start = name.toLowerCase(Locale.ROOT) + ":";
        for (String line : text.split("\r?\n", -1)) {
            boolean folded = !line.isEmpty() && Character.isWhitespace(line.charAt(0));
            if (found.isEmpty() ? line.toLowerCase(Locale.ROOT).startsWith(start) : folded) {
                found.add(line + "\r\n");
            } else if (!found.isEmpty()) {
                break;
            }
        }
        return String.join("", found);
    }

    /** Empty if the field is absent or Go cannot parse the addresses. */
    private Optional<List<String>> addresses(String name) {
        String value = header.get(name);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Arrays.stream(InternetAddress.parse(value, true))
                    .map(address -> address.getAddress().toLowerCase(Locale.ROOT))
                    .toList());
        } catch (AddressException e) {
            return Optional.empty();
        }
    }

    private static String trimmed(String value) {
        return value.replaceAll("^[<>]+|[<>]+$", "");
    }

    private static String latin1(String address) {
        return latin1(address.getBytes(StandardCharsets.UTF_8));
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }
}
