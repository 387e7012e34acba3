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
 * A mail on its way through Mailpit, and what Mailpit changes in it. Immutable. Characters stand for bytes (ISO
 * 8859-1), so that nothing is lost.
 */
final class MailpitMail {

    private final String text;
    private final GoHeader header;

    private MailpitMail(String text, GoHeader header) {
        this.text = text;
        this.header = header;
    }

    /**
     * The mail with Message-ID and Return-Path added; nothing if Go cannot read its header.
     *
     * @param received what was sent, with Mailpit's Received header before it
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

    /** As it is passed on: Go's SMTP client ends every line with CRLF. */
    byte[] relayed() {
        return bytes(text.replaceAll("(?<!\r)\n", "\r\n"));
    }

    /** As it is stored: with a Bcc for recipients that the headers do not name. */
    byte[] stored(List<String> recipients) {
        Optional<List<String>> bcc = addresses("Bcc");
        Set<String> named = new HashSet<>(bcc.orElse(List.of()));
        addresses("To").ifPresent(named::addAll);
        addresses("Cc").ifPresent(named::addAll);
        List<String> missing = recipients.stream()
                .map(MailpitMail::latin1)
                .filter(recipient -> !named.contains(recipient.toLowerCase(Locale.ROOT)))
                .toList();
        if (missing.isEmpty()) {
            return bytes(text);
        }
        // Mailpit's own slip: with a Bcc header there, the missing addresses are lost.
        String value = bcc.isPresent() ? ", " + header.get("Bcc") : String.join(", ", missing);
        return bytes(with("Bcc", value, text, header));
    }

    /** Puts a field in the place of the one that is there, or at the top. */
    private static String with(String name, String value, String text, GoHeader header) {
        String field = name + ": " + value + "\r\n";
        if (header.get(name).isEmpty()) {
            return field + text;
        }
        // Looked for with CRLF line ends only, so in a mail of bare LFs nothing is replaced.
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

    /** Nothing where the field is absent or Go cannot read it as addresses. */
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
