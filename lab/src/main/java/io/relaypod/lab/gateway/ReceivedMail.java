package io.relaypod.lab.gateway;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** A mail as Mailpit stored it: the envelope it came with, and the bytes with what Mailpit added at their top. */
public record ReceivedMail(String id, String sender, List<String> recipients, byte[] raw) {

    /** Keeps its own copy of the recipients. */
    public ReceivedMail {
        recipients = List.copyOf(recipients);
    }

    /** The bytes as characters, one each, so that nothing is lost. */
    public String text() {
        return new String(raw, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
        return id + " from <" + sender + "> to " + recipients + ", " + raw.length + " bytes";
    }
}
