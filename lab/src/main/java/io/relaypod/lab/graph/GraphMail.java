package io.relaypod.lab.graph;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A message that Graph accepted.
 *
 * @param mailbox the sending mailbox
 * @param deliveredTo the addresses that Exchange would deliver to, in lower case, without duplicates
 */
public record GraphMail(String mailbox, byte[] mime, List<String> deliveredTo, String subject) {

    /** Copies the addresses. */
    public GraphMail {
        deliveredTo = List.copyOf(deliveredTo);
    }

    /** The bytes as ISO 8859-1, so that no byte is lost. */
    public String text() {
        return new String(mime, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
        return "\"" + subject + "\" from " + mailbox + " to " + deliveredTo;
    }
}
