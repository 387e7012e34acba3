package io.relaypod.lab.gateway;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The changes that smtp2graph 1.1.4 makes to a message. smtp2graph adds the fields to the header of every MIME part.
 * Here only the root has them, since Graph reads only the root's.
 */
final class Smtp2GraphMail {

    private static final int LINE_LENGTH = 76;

    private Smtp2GraphMail() {}

    /** Adds a From if there is none. Adds a Bcc for recipients that To and Cc do not list, if there is no Bcc. */
    static byte[] completed(byte[] mime, String sender, List<String> recipients) {
        List<String> header = header(mime);
        StringBuilder added = new StringBuilder();
        if (!has(header, "bcc")) {
            List<String> visible = new ArrayList<>(NodeAddresses.parse(values(header, "to")));
            visible.addAll(NodeAddresses.parse(values(header, "cc")));
            List<String> missing = recipients.stream()
                    .filter(recipient -> visible.stream().noneMatch(recipient::equalsIgnoreCase))
                    .toList();
            if (!missing.isEmpty()) {
                added.append(folded("Bcc: ", missing));
            }
        }
        if (!has(header, "from")) {
            added.append("From: ").append(sender).append("\r\n");
        }
        byte[] top = added.toString().getBytes(StandardCharsets.UTF_8);
        byte[] completed = Arrays.copyOf(top, top.length + mime.length);
        System.arraycopy(mime, 0, completed, top.length, mime.length);
        return completed;
    }

    /**
     * The sending mailbox: the first address on a line that starts with From or Sender. Folded fields are not unfolded.
     */
    static Optional<String> sendingMailbox(byte[] mime) {
        for (String line : lines(mime)) {
            String lower = line.toLowerCase(Locale.ROOT);
            if (lower.startsWith("from:") || lower.startsWith("sender:")) {
                List<String> addresses = NodeAddresses.parse(line.substring(line.indexOf(':') + 1));
                if (!addresses.isEmpty() && !addresses.get(0).isEmpty()) {
                    return Optional.of(addresses.get(0));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean has(List<String> header, String name) {
        return header.stream().anyMatch(field -> name.equals(nameOf(field)));
    }

    private static String values(List<String> header, String name) {
        return String.join(
                ",",
                header.stream()
                        .filter(field -> name.equals(nameOf(field)))
                        .map(field -> field.substring(field.indexOf(':') + 1))
                        .toList());
    }

    private static String nameOf(String field) {
        return field.substring(0, Math.max(0, field.indexOf(':'))).strip().toLowerCase(Locale.ROOT);
    }

    /** The fields, unfolded. */
    private static List<String> header(byte[] mime) {
        List<StringBuilder> fields = new ArrayList<>();
        for (String line : lines(mime)) {
            boolean folded = line.startsWith(" ") || line.startsWith("\t");
            if (folded && !fields.isEmpty()) {
                fields.get(fields.size() - 1).append(line);
            } else {
                fields.add(new StringBuilder(line));
            }
        }
        return fields.stream().map(StringBuilder::toString).toList();
    }

    /** The lines before the first empty one. */
    private static List<String> lines(byte[] mime) {
        return new String(mime, StandardCharsets.UTF_8)
                .lines()
                .takeWhile(line -> !line.isEmpty())
                .toList();
    }

    private static String folded(String name, List<String> addresses) {
        StringBuilder field = new StringBuilder(name);
        int lineStart = 0;
        for (int i = 0; i < addresses.size(); i++) {
            String item = addresses.get(i) + (i < addresses.size() - 1 ? "," : "");
            if (i > 0) {
                boolean fits = field.length() - lineStart + 1 + item.length() <= LINE_LENGTH;
                field.append(fits ? " " : "\r\n ");
                lineStart = fits ? lineStart : field.length() - 1;
            }
            field.append(item);
        }
        return field.append("\r\n").toString();
    }
}
