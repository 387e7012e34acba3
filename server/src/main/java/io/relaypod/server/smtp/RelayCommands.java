package io.relaypod.server.smtp;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

import com.google.common.base.CharMatcher;
import org.apache.james.protocols.api.BaseRequest;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Request;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.CommandDispatcher;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.jspecify.annotations.Nullable;

/**
 * James' commands, for lines that are commands: up to {@value SmtpLineDecoder#MAX_PIECE} bytes of printable ASCII that
 * end in CRLF.
 *
 * <p>MAIL, RCPT, HELO and EHLO may have UTF-8 behind them: an address gets an answer of its own, which says what is
 * wrong with it, and the name of a client, as a computer without a name in ASCII has it, gets question marks.
 *
 * <p>What a command holds goes into replies, the Received line and our own SMTP commands, where a bare CR or LF would
 * begin a line. A bare LF ends the session, so that what was one line for the client is never two commands for us.
 * Thread-safe.
 */
public final class RelayCommands extends CommandDispatcher<SMTPSession> {

    private static final AttachmentKey<Integer> LONG_LINE = AttachmentKey.of("relaypod.longLine", Integer.class);
    private static final int LONGEST_LINE_HEARD_OUT = 1 << 20;

    private static final int VERB = 4;
    private static final String RCPT = "RCPT";
    private static final Set<String> PATH_VERBS = Set.of("MAIL", RCPT);
    private static final Set<String> UTF8_VERBS = Set.of("MAIL", RCPT, "HELO", "EHLO");
    private static final byte DELETE = 0x7f;
    private static final CharMatcher ASCII = CharMatcher.ascii();

    private static final Response TOO_LONG = new SMTPResponse("500", "5.5.2 Line too long").immutable();
    private static final Response ENDLESS = last("421", "4.7.0 Line too long, closing connection");
    private static final Response BARE_LF =
            last("500", "5.5.2 A line ends in CRLF (RFC 5321 2.3.8), closing connection");
    private static final Response NOT_ASCII = new SMTPResponse("500", "5.5.2 A command is printable ASCII").immutable();

    @Override
    public @Nullable Response onLine(SMTPSession session, byte[] line) {
        int before = session.removeAttachment(LONG_LINE, State.Connection).orElse(0);
        if (line.length == 0 || line[line.length - 1] != '\n') {
            session.setAttachment(LONG_LINE, before + line.length, State.Connection);
            return before + line.length > LONGEST_LINE_HEARD_OUT ? ENDLESS : noReplyYet();
        }
        Optional<AuthExchange> exchange = AuthExchange.takeFrom(session);
        if (exchange.isPresent()) {
            return before > 0 ? AuthExchange.TOO_LONG : continued(session, exchange.get(), line);
        }
        if (before > 0) {
            return TOO_LONG;
        }
        return refusal(line)
                .map(refusal ->
                        verb(line).equals(RCPT) ? RelayRcptCmdHandler.noted(session, argument(line), refusal) : refusal)
                .orElseGet(() -> super.onLine(session, line));
    }

    private static Response continued(SMTPSession session, AuthExchange exchange, byte[] line) {
        Optional<Response> refusal = refusal(line);
        if (refusal.isPresent()) {
            return refusal.get() == NOT_ASCII ? AuthExchange.NOT_BASE64 : refusal.get();
        }
        return exchange.onLine(session, new String(line, 0, line.length - 2, StandardCharsets.US_ASCII));
    }

    private static Optional<Response> refusal(byte[] line) {
        int end = line.length - 2;
        if (end < 0 || line[end] != '\r') {
            return Optional.of(BARE_LF);
        }
        for (int i = 0; i < end; i++) {
            boolean isOdd = line[i] < ' ' || line[i] == DELETE;
            if (isOdd && line[i] != '\t' && (line[i] >= 0 || !mayBeUtf8(line))) {
                return Optional.of(NOT_ASCII);
            }
        }
        return Optional.empty();
    }

    private static boolean mayBeUtf8(byte[] line) {
        return UTF8_VERBS.contains(verb(line));
    }

    private static String argument(byte[] line) {
        return new String(line, VERB, line.length - VERB, StandardCharsets.UTF_8).strip();
    }

    private static String verb(byte[] line) {
        return line.length > VERB ? new String(line, 0, VERB, StandardCharsets.US_ASCII).toUpperCase(Locale.ROOT) : "";
    }

    @Override
    protected Request parseRequest(SMTPSession session, byte[] line) throws Exception {
        Request request = super.parseRequest(session, line);
        if (request.getArgument() == null || ASCII.matchesAllOf(request.getArgument())) {
            return request; // the charset of the session has a replacement character for all else
        }
        String argument = argument(line);
        return new BaseRequest(
                request.getCommand(),
                PATH_VERBS.contains(request.getCommand())
                        ? argument
                        : ASCII.negate().replaceFrom(argument, '?'));
    }

    // James' way to say that a line needs no reply.
    private static @Nullable Response noReplyYet() {
        return null;
    }

    private static Response last(String code, String text) {
        SMTPResponse response = new SMTPResponse(code, text);
        response.setEndSession(true);
        return response.immutable();
    }
}
