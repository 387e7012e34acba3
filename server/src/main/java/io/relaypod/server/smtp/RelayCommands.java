package io.relaypod.server.smtp;

import java.util.Optional;

import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.CommandDispatcher;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;

/**
 * James' commands, for lines that are commands: up to {@value SmtpLineDecoder#MAX_PIECE} bytes of printable ASCII that end in CRLF.
 *
 * <p>What a command holds goes into replies, the Received line and our own SMTP commands, where a bare CR or LF would begin a line. A
 * bare LF ends the session, so that what was one line for the client is never two commands for us. Thread-safe.
 */
public final class RelayCommands extends CommandDispatcher<SMTPSession> {

    private static final AttachmentKey<Integer> LONG_LINE = AttachmentKey.of("relaypod.longLine", Integer.class);
    private static final int LONGEST_LINE_HEARD_OUT = 1 << 20;

    private static final Response TOO_LONG = new SMTPResponse("500", "5.5.2 Line too long").immutable();
    private static final Response ENDLESS = last("421", "4.7.0 Line too long, closing connection");
    private static final Response BARE_LF = last("500", "5.5.2 A line ends in CRLF (RFC 5321 2.3.8), closing connection");
    private static final Response NOT_ASCII = new SMTPResponse("500", "5.5.2 A command is printable ASCII").immutable();

    @Override
    public Response onLine(SMTPSession session, byte[] line) {
        int before = session.removeAttachment(LONG_LINE, State.Connection).orElse(0);
        if (line.length == 0 || line[line.length - 1] != '\n') {
            session.setAttachment(LONG_LINE, before + line.length, State.Connection);
            return before + line.length > LONGEST_LINE_HEARD_OUT ? ENDLESS : noReplyYet();
        }
        return before > 0 ? TOO_LONG : refusal(line).orElseGet(() -> super.onLine(session, line));
    }

    private static Optional<Response> refusal(byte[] line) {
        int end = line.length - 2;
        if (end < 0 || line[end] != '\r') {
            return Optional.of(BARE_LF);
        }
        for (int i = 0; i < end; i++) {
            if ((line[i] < ' ' || line[i] > '~') && line[i] != '\t') {
                return Optional.of(NOT_ASCII);
            }
        }
        return Optional.empty();
    }

    // James' way to say that a line needs no reply.
    private static Response noReplyYet() {
        return null;
    }

    private static Response last(String code, String text) {
        SMTPResponse response = new SMTPResponse(code, text);
        response.setEndSession(true);
        return response.immutable();
    }
}
