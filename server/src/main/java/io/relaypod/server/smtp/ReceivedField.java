package io.relaypod.server.smtp;

import java.io.IOException;
import java.io.UncheckedIOException;

import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.ReceivedDataLineFilter;

/** James' Received field (RFC 5321 section 4.4) of a session's transaction. Thread-safe. */
final class ReceivedField extends ReceivedDataLineFilter {

    /** @throws IOException when the message cannot hold the field */
    void writeTo(SMTPSession session, ReceivedMessage message) throws IOException {
        try {
            headers(session)
                    .forEach(field -> field.transferTo(session, (same, line) -> {
                        write(message, line);
                        return null; // James' way to go on
                    }));
        } catch (UncheckedIOException notWritten) {
            throw notWritten.getCause();
        }
    }

    private static void write(ReceivedMessage message, byte[] line) {
        try {
            message.write(line, 0, line.length);
        } catch (IOException notWritten) {
            throw new UncheckedIOException(notWritten);
        }
    }
}
