package io.relaypod.lab.gateway;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** A message that Mailpit stored: its envelope, and its bytes behind the header fields that Mailpit added. */
public record ReceivedMail(String id, String sender, List<String> recipients, byte[] raw) {

    /** Copies the recipients. */
    public ReceivedMail {
        recipients = List.copyOf(recipients);
    }

    /** The bytes as ISO 8859-1, so that no byte is lost. */
    public String text() {
        return new String(raw, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
        return id + " from <" + sender + "> to " + recipients + ", " + raw.length + " bytes";
    }
}
