package io.relaypod.server.smtp;

import java.util.List;
import java.util.Optional;
import javax.inject.Inject;

import io.relaypod.events.MailEventPublisher;
import io.relaypod.mailets.SmtpTransaction;
import io.relaypod.memory.FairShare;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.server.settings.BareNewline;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.DataLineFilter;

/**
 * Ends a mail at CRLF, dot, CRLF and nowhere else, and refuses or normalizes one with a CR or an LF on its own (RFC
 * 5321 section 2.3.8): whoever reads it as the end of a line, as Jakarta Mail does with CR and Mailpit with LF, would
 * see another mail than its sender, or two of them. The answer is given at the end of data, so that the client hears
 * it.
 *
 * <p>Lines that {@link SmtpLineDecoder} had to cut are put together, up to 1 MiB and as far as the budget grants it. It
 * has to be the first of the DataLineFilters: those behind it, and James, believe what looks like the end of data.
 * Thread-safe.
 */
public final class EndOfDataFilter implements DataLineFilter {

    private static final AttachmentKey<Reading> READING = AttachmentKey.of("relaypod.reading", Reading.class);

    private static final int MAX_LINE = 1 << 20;

    private final BareNewline bareNewline;
    private final MailEventPublisher events;
    private final FairShare memory;

    @Inject
    public EndOfDataFilter(BareNewline bareNewline, MailEventPublisher events, MemoryBudget budget) {
        this.bareNewline = bareNewline;
        this.events = events;
        this.memory = new FairShare(budget, MemoryUse.LONG_LINES);
    }

    @Override
    public Response onLine(SMTPSession session, byte[] piece, LineHandler<SMTPSession> next) {
        Reading reading = session.getAttachment(READING, State.Transaction).orElseGet(() -> {
            Reading begun = new Reading(
                    bareNewline,
                    new LineBuffer(memory, session.getRemoteAddress().getAddress()));
            ((RelaySession) session).atReset(begun::clear);
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
        events.publish(SmtpTransaction.of(session).refused(fault.code, fault.text));
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
        LONG_LINE(554, "5.6.0 The mail has a line of more than " + MAX_LINE + " bytes"),
        NO_ROOM(452, "4.3.1 Insufficient system resources for a line of this length, try again later");

        private final int code;
        private final String text;

        Fault(int code, String text) {
            this.code = code;
            this.text = text;
        }
    }

    /** How far one mail is read. For one thread at a time. */
    private static final class Reading {

        private final LineBuffer begun;
        private final Optional<LineNormalizer> normalized;
        private Optional<Fault> fault = Optional.empty();
        private boolean atLineStart = true;
        private long lineLength;

        Reading(BareNewline bareNewline, LineBuffer begun) {
            this.begun = begun;
            this.normalized = bareNewline == BareNewline.NORMALIZE
                    ? Optional.of(new LineNormalizer(MAX_LINE, begun))
                    : Optional.empty();
        }

        void clear() {
            begun.clear();
        }

        boolean isEndOfData(byte[] piece) {
            return atLineStart && MessageSizeLimit.isEndOfData(piece);
        }

        /** @return the lines that end within this piece, while the mail is without fault */
        List<byte[]> lines(byte[] piece) {
            int last = piece.length - 1;
            boolean ended = piece[last] == '\n';
            atLineStart = ended && last > 0 && piece[last - 1] == '\r';
            return normalized
                    .map(lines -> normalized(lines, piece))
                    .orElseGet(() -> wholeLine(piece, ended).map(List::of).orElse(List.of()));
        }

        private List<byte[]> normalized(LineNormalizer lines, byte[] piece) {
            List<byte[]> read = lines.read(piece);
            fault = lines.isTooLong()
                    ? Optional.of(Fault.LONG_LINE)
                    : lines.hasNoRoom() ? Optional.of(Fault.NO_ROOM) : Optional.empty();
            return read;
        }

        private Optional<byte[]> wholeLine(byte[] piece, boolean ended) {
            fault = fault.or(() -> fault(piece, ended));
            lineLength += piece.length;
            if (fault.filter(Fault.NO_ROOM::equals).isPresent() && lineLength > MAX_LINE) {
                // Else the client would be told for ever to try again.
                fault = Optional.of(Fault.LONG_LINE);
            }
            lineLength = ended ? 0 : lineLength;
            if (fault.isEmpty() && ended && begun.size() == 0) {
                return Optional.of(piece);
            }
            if (fault.isEmpty() && !begun.append(piece, 0, piece.length)) {
                fault = Optional.of(Fault.NO_ROOM);
            }
            if (fault.isPresent()) {
                begun.clear();
                return Optional.empty();
            }
            return ended ? Optional.of(begun.take()) : Optional.empty();
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
            return begun.size() + piece.length > MAX_LINE ? Optional.of(Fault.LONG_LINE) : Optional.empty();
        }
    }
}
