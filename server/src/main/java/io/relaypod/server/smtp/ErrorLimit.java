package io.relaypod.server.smtp;

import java.util.Set;

import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.api.handler.ProtocolHandler;
import org.apache.james.protocols.api.handler.ProtocolHandlerResultHandler;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPRetCode;
import org.apache.james.protocols.smtp.SMTPSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a session with {@code 421 4.7.0} at its 21st command that is none, or is not in its place; DATA in its place begins the count
 * anew. Whoever speaks SMTP makes no such mistakes, so it is a client of another protocol, or one that tries things. Thread-safe.
 */
public final class ErrorLimit implements ProtocolHandlerResultHandler<Response, SMTPSession> {

    private static final Logger LOGGER = LoggerFactory.getLogger(ErrorLimit.class);

    // Postfix: smtpd_hard_error_limit
    private static final int MAX_ERRORS = 20;
    private static final Set<String> ERRORS = Set.of("500", "501", "502", "503", "504", "555");

    private static final AttachmentKey<Integer> COUNT = AttachmentKey.of("relaypod.errors", Integer.class);

    @Override
    public Response onResponse(ProtocolSession session, Response response, long executionTime, ProtocolHandler handler) {
        // James asks twice: for the command, then for its line, which is where all errors are seen. No reply is null.
        if (!(handler instanceof LineHandler) || response == null) {
            return response;
        }
        if (response.getRetCode().equals(SMTPRetCode.DATA_READY)) {
            session.removeAttachment(COUNT, State.Connection);
            return response;
        }
        return ERRORS.contains(response.getRetCode()) ? counted(session, response) : response;
    }

    private static Response counted(ProtocolSession session, Response response) {
        int errors = session.getAttachment(COUNT, State.Connection).orElse(0) + 1;
        session.setAttachment(COUNT, errors, State.Connection);
        if (errors <= MAX_ERRORS) {
            return response;
        }
        LOGGER.info("event=too-many-errors session={} client={}", session.getSessionID(),
            session.getRemoteAddress().getAddress().getHostAddress());
        SMTPResponse last = new SMTPResponse("421", "4.7.0 Too many errors, closing connection");
        last.setEndSession(true);
        return last;
    }
}
