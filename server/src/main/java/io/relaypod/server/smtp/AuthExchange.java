package io.relaypod.server.smtp;

import java.util.Optional;

import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;

/**
 * An AUTH exchange that expects the client's next line (RFC 4954 section 4). {@link RelayCommands} passes that line
 * here instead of reading it as a command.
 */
@FunctionalInterface
interface AuthExchange {

    AttachmentKey<AuthExchange> KEY = AttachmentKey.of("relaypod.authExchange", AuthExchange.class);

    Response NOT_BASE64 = new SMTPResponse(
                    "501", "5.5.2 Cannot decode the response: it is no base64, or not what the mechanism takes")
            .immutable();
    Response TOO_LONG = new SMTPResponse("500", "5.5.6 Authentication exchange line is too long").immutable();

    /**
     * @param line without its CRLF
     * @return the reply, or a pending one
     */
    Response onLine(SMTPSession session, String line);

    /** @return the reply that asks for the line */
    default Response awaitIn(SMTPSession session, String challenge) {
        session.setAttachment(KEY, this, State.Connection);
        return new SMTPResponse("334", challenge);
    }

    static Optional<AuthExchange> takeFrom(SMTPSession session) {
        return session.removeAttachment(KEY, State.Connection);
    }
}
