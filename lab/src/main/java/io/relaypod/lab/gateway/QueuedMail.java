package io.relaypod.lab.gateway;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** A mail that smtp2graph answered 250 for: its envelope, and its bytes with the headers that smtp2graph added. */
public record QueuedMail(String sender, List<String> recipients, byte[] mime) {

    /** Keeps its own copy of the recipients. */
    public QueuedMail {
        recipients = List.copyOf(recipients);
    }

    /** The bytes as characters, one each, so that nothing is lost. */
    public String text() {
        return new String(mime, StandardCharsets.ISO_8859_1);
    }
}
