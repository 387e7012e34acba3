package io.relaypod.server.smtp;

import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Request;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.StartTlsResponse;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.esmtp.StartTlsCmdHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * James' STARTTLS, behind which EHLO has to be said again (RFC 3207 section 4.2).
 *
 * <p>A client that sends anything behind STARTTLS in plain text is cut off: a command that somebody put into the plain
 * connection would be taken for one of the encrypted session. James looks for this too, but no longer once the client
 * has said DATA, and logs it as an error of the relay. Thread-safe.
 */
public final class RelayStartTlsCmdHandler extends StartTlsCmdHandler {

    private static final Logger LOGGER = LoggerFactory.getLogger(RelayStartTlsCmdHandler.class);

    // RFC 3207 section 4
    private static final Response NO_MEMORY =
            new SMTPResponse("454", "4.7.0 TLS not available due to temporary reason").immutable();

    @Override
    public Response onCommand(SMTPSession session, Request request) {
        Response response = super.onCommand(session, request);
        if (!(response instanceof StartTlsResponse)) {
            return response;
        }
        RelayTransport transport = ((RelaySession) session).transport();
        if (transport.hasUnreadInput()) {
            LOGGER.info(
                    "event=starttls-injection client={}",
                    session.getRemoteAddress().getAddress().getHostAddress());
            SMTPResponse last = new SMTPResponse("421", "4.7.0 Nothing may follow STARTTLS before TLS has started");
            last.setEndSession(true);
            return last;
        }
        if (!transport.tryEncrypt()) {
            return NO_MEMORY;
        }
        session.removeAttachment(SMTPSession.CURRENT_HELO_NAME, State.Connection);
        session.removeAttachment(SMTPSession.CURRENT_HELO_MODE, State.Connection);
        return response;
    }
}
