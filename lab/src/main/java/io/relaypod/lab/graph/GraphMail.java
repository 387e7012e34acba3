package io.relaypod.lab.graph;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A mail that Graph accepted: the mailbox it was sent from, its bytes, and the addresses it would be delivered to, in
 * lower case and each once, as Exchange does it.
 */
public record GraphMail(String mailbox, byte[] mime, List<String> deliveredTo, String subject) {

    /** Keeps its own copy of the addresses. */
    public GraphMail {
        deliveredTo = List.copyOf(deliveredTo);
    }

    /** The bytes as characters, one each, so that nothing is lost. */
    public String text() {
        return new String(mime, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
        return "\"" + subject + "\" from " + mailbox + " to " + deliveredTo;
    }
}
