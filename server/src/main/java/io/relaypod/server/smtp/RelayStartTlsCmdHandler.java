package io.relaypod.server.smtp;

import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Request;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.StartTlsResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.esmtp.StartTlsCmdHandler;

/**
 * James' STARTTLS, which forgets the client's name too (RFC 3207 section 4.2): EHLO has to be said again. Thread-safe.
 */
public final class RelayStartTlsCmdHandler extends StartTlsCmdHandler {

    @Override
    public Response onCommand(SMTPSession session, Request request) {
        Response response = super.onCommand(session, request);
        if (response instanceof StartTlsResponse) {
            session.removeAttachment(SMTPSession.CURRENT_HELO_NAME, State.Connection);
            session.removeAttachment(SMTPSession.CURRENT_HELO_MODE, State.Connection);
        }
        return response;
    }
}
