package io.relaypod.server.smtp;

import java.util.List;
import java.util.Optional;

import javax.inject.Inject;

import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.DataLineFilter;

import io.relaypod.events.MailEvent.Refused;
import io.relaypod.events.MailEvents;
import io.relaypod.mailets.Clients;
import io.relaypod.server.settings.BareNewline;

/**
 * Ends a mail at CRLF, dot, CRLF and nowhere else, and refuses or normalizes one with a CR or an LF on its own (RFC 5321 section 2.3.8):
 * whoever reads it as the end of a line, as Jakarta Mail does with CR and Mailpit with LF, would see another mail than its sender, or two of
 * them. The answer is given at the end of data, so that the client hears it.
 *
 * <p>A line that {@link SmtpLineDecoder} had to cut stays in pieces, so that nobody keeps a whole long line. A piece behind the first that
 * begins with a dot gets a second one, as the filters behind it take the first dot of a line away (RFC 5321 section 4.5.2). This class has to
 * be the first of the DataLineFilters: those behind it, and James, believe what looks like the end of data. Thread-safe.
 */
public final class MailLines implements DataLineFilter {

    private static final AttachmentKey<Reading> READING = AttachmentKey.of("relaypod.reading", Reading.class);

    private static final int MAX_LINE = 1 << 20;

    private final BareNewline bareNewline;
    private final MailEvents events;

    @Inject
    public MailLines(BareNewline bareNewline, MailEvents events) {
        this.bareNewline = bareNewline;
        this.events = events;
    }

    @Override
    public Response onLine(SMTPSession session, byte[] piece, LineHandler<SMTPSession> next) {
        Reading reading = session.getAttachment(READING, State.Transaction).orElseGet(() -> {
            Reading begun = new Reading(bareNewline);
            session.setAttachment(READING, begun, State.Transaction);
            return begun;
        });
        if (reading.isEndOfData(piece)) {
            return reading.fault.isPresent() ? refuse(session, reading.fault.get()) : next.onLine(session, piece);
        }
        for (byte[] line : reading.lines(piece)) {
            Response response = next.onLine(session, line);
            if (response != null) {
                return response;
            }
        }
        return goOn();
    }

    private Response refuse(SMTPSession session, Fault fault) {
        events.tell(new Refused(Clients.of(session), Clients.sender(session), Clients.recipients(session), fault.code, fault.text));
        session.popLineHandler();
        session.resetState();
        return new SMTPResponse(Integer.toString(fault.code), fault.text);
    }

    // James' way to say that a line needs no reply.
    private static Response goOn() {
        return null;
    }

    private static final String CURE = "End lines with CRLF, or set BARE_NEWLINE=normalize at the relay";

    private enum Fault {
        BARE_CR(554, "5.6.0 The mail has a CR without LF (RFC 5321 2.3.8). " + CURE),
        BARE_LF(554, "5.6.0 The mail has an LF without CR (RFC 5321 2.3.8). " + CURE),
        LONG_LINE(554, "5.6.0 The mail has a line of more than " + MAX_LINE + " bytes");

        private final int code;
        private final String text;

        Fault(int code, String text) {
            this.code = code;
            this.text = text;
        }
    }

    /** How far one mail is read. For one thread at a time. */
    private static final class Reading {

        private final Optional<NormalizedLines> normalized;
        private Optional<Fault> fault = Optional.empty();
        private boolean atLineStart = true;
        private int lineLength;

        Reading(BareNewline bareNewline) {
            this.normalized = bareNewline == BareNewline.NORMALIZE ? Optional.of(new NormalizedLines(MAX_LINE)) : Optional.empty();
        }

        boolean isEndOfData(byte[] piece) {
            return atLineStart && MessageSizeLimit.isEndOfData(piece);
        }

        /** @return the lines, or pieces of lines, that the filters behind may have, while the mail is without fault */
        List<byte[]> lines(byte[] piece) {
            boolean isBegun = !atLineStart;
            int last = piece.length - 1;
            boolean ended = piece[last] == '\n';
            atLineStart = ended && last > 0 && piece[last - 1] == '\r';
            if (normalized.isPresent()) {
                List<byte[]> read = normalized.get().read(piece);
                fault = normalized.get().isTooLong() ? Optional.of(Fault.LONG_LINE) : Optional.empty();
                return read;
            }
            lineLength = (isBegun ? lineLength : 0) + piece.length;
            fault = fault.or(() -> fault(piece, ended));
            return fault.isPresent() ? List.of() : List.of(isBegun ? NormalizedLines.stuffed(piece) : piece);
        }

        private Optional<Fault> fault(byte[] piece, boolean ended) {
            int end = piece.length - (atLineStart ? 2 : 0);
            for (int i = 0; i < end; i++) {
                if (piece[i] == '\r') {
                    return Optional.of(Fault.BARE_CR);
                }
            }
            if (ended && !atLineStart) {
                return Optional.of(Fault.BARE_LF);
            }
            return lineLength > MAX_LINE ? Optional.of(Fault.LONG_LINE) : Optional.empty();
        }
    }
}
