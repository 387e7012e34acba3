package io.relaypod.server.smtp;

import java.util.Set;

import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPRetCode;
import org.apache.james.protocols.smtp.SMTPSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a session with {@code 421 4.7.0} at its 21st unknown or misplaced command. An accepted DATA resets the count.
 * SMTP clients do not make these mistakes; clients of other protocols and attackers do. One per session, for its
 * thread.
 */
final class ErrorLimit {

    private static final Logger LOGGER = LoggerFactory.getLogger(ErrorLimit.class);

    // Postfix: smtpd_hard_error_limit
    private static final int MAX_ERRORS = 20;
    private static final Set<String> ERRORS = Set.of("500", "501", "502", "503", "504");

    private int errors;

    /** Whether the response counts as an error. */
    static boolean counts(Response response) {
        return ERRORS.contains(response.getRetCode()) && response != RelayDataCmdHandler.NO_VALID_RECIPIENTS;
    }

    /** @return the response, or the one that ends the session */
    Response counted(SMTPSession session, Response response) {
        if (response.getRetCode().equals(SMTPRetCode.DATA_READY)) {
            errors = 0;
        }
        if (!counts(response) || ++errors <= MAX_ERRORS) {
            return response;
        }
        LOGGER.info(
                "event=too-many-errors session={} client={}",
                session.getSessionID(),
                session.getRemoteAddress().getAddress().getHostAddress());
        SMTPResponse last = new SMTPResponse("421", "4.7.0 Too many errors, closing connection");
        last.setEndSession(true);
        return last;
    }
}
