package io.relaypod.server.smtp;

import java.io.ByteArrayOutputStream;
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
 * <p>Lines that {@link SmtpLineDecoder} had to cut are put together, up to 1 MiB. It has to be the first of the DataLineFilters: those
 * behind it, and James, believe what looks like the end of data. Thread-safe.
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
        events.tell(new Refused(Clients.of(session), Clients.sender(session), Clients.recipients(session), 554, fault.text));
        session.popLineHandler();
        session.resetState();
        return new SMTPResponse("554", fault.text);
    }

    // James' way to say that a line needs no reply.
    private static Response goOn() {
        return null;
    }

    private static final String CURE = "End lines with CRLF, or set BARE_NEWLINE=normalize at the relay";

    private enum Fault {
        BARE_CR("5.6.0 The mail has a CR without LF (RFC 5321 2.3.8). " + CURE),
        BARE_LF("5.6.0 The mail has an LF without CR (RFC 5321 2.3.8). " + CURE),
        LONG_LINE("5.6.0 The mail has a line of more than " + MAX_LINE + " bytes");

        private final String text;

        Fault(String text) {
            this.text = text;
        }
    }

    /** How far one mail is read. For the channel's thread. */
    private static final class Reading {

        private final ByteArrayOutputStream begun = new ByteArrayOutputStream();
        private final Optional<NormalizedLines> normalized;
        private Optional<Fault> fault = Optional.empty();
        private boolean atLineStart = true;

        Reading(BareNewline bareNewline) {
            this.normalized = bareNewline == BareNewline.NORMALIZE ? Optional.of(new NormalizedLines(MAX_LINE)) : Optional.empty();
        }

        boolean isEndOfData(byte[] piece) {
            return atLineStart && MessageSizeLimit.isEndOfData(piece);
        }

        /** @return the lines that end within this piece, while the mail is without fault */
        List<byte[]> lines(byte[] piece) {
            int last = piece.length - 1;
            boolean ended = piece[last] == '\n';
            atLineStart = ended && last > 0 && piece[last - 1] == '\r';
            return normalized.map(lines -> normalized(lines, piece)).orElseGet(() -> wholeLine(piece, ended).map(List::of).orElse(List.of()));
        }

        private List<byte[]> normalized(NormalizedLines lines, byte[] piece) {
            List<byte[]> read = lines.read(piece);
            fault = lines.isTooLong() ? Optional.of(Fault.LONG_LINE) : Optional.empty();
            return read;
        }

        private Optional<byte[]> wholeLine(byte[] piece, boolean ended) {
            fault = fault.or(() -> fault(piece, ended));
            if (fault.isPresent()) {
                begun.reset();
                return Optional.empty();
            }
            if (ended && begun.size() == 0) {
                return Optional.of(piece);
            }
            begun.writeBytes(piece);
            if (!ended) {
                return Optional.empty();
            }
            byte[] line = begun.toByteArray();
            begun.reset();
            return Optional.of(line);
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
