package io.relaypod.server.smtp;

import java.io.IOException;
import java.util.Optional;

import io.relaypod.deliverability.DeliverabilityCheck;
import io.relaypod.deliverability.MailRefusal;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.mailets.SmtpTransaction;
import org.apache.james.lifecycle.api.Disposable;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.jspecify.annotations.Nullable;

/**
 * The message of one transaction, from the reply to DATA to the reply to its end. Its whole lines pass the
 * DataLineFilters of smtpserver.xml; {@link MessageReceiver}, the last of them, adds them here. For one thread at a
 * time.
 */
final class IncomingMessage implements LineHandler<SMTPSession>, Disposable {

    private static final byte[] END_OF_DATA = {'.', '\r', '\n'};
    private static final ReceivedField RECEIVED = new ReceivedField();

    private final MailDataDecoder decoder;
    private final LineHandler<SMTPSession> filters;
    private final boolean callsForeignHooks;
    private final DeliverabilityCheck check;
    private final ReceivedMessage content;
    private final long maxSize;
    private final MailEventPublisher events;
    private long size;

    /**
     * @param filters the DataLineFilters
     * @param callsForeignHooks whether hooks that are not the relay's see the lines or the end of the message
     * @param maxSize in bytes; 0 for no limit
     */
    IncomingMessage(
            MailDataDecoder decoder,
            LineHandler<SMTPSession> filters,
            boolean callsForeignHooks,
            DeliverabilityCheck check,
            ReceivedMessage content,
            long maxSize,
            MailEventPublisher events) {
        this.decoder = decoder;
        this.filters = filters;
        this.callsForeignHooks = callsForeignHooks;
        this.check = check;
        this.content = content;
        this.maxSize = maxSize;
        this.events = events;
    }

    /** @return null, which is James' way to say that the line needs no reply, unless the message has ended */
    @Override
    public @Nullable Response onLine(SMTPSession session, byte[] piece) {
        for (byte[] line : decoder.decode(piece)) {
            Response response = filters.onLine(session, line);
            if (response != null) {
                return response;
            }
        }
        if (!decoder.isEnded()) {
            return null;
        }
        Optional<MailRefusal> refusal = decoder.refusal();
        return refusal.isPresent() ? refuse(session, refusal.get()) : filters.onLine(session, END_OF_DATA.clone());
    }

    /**
     * Whether its next lines cost less than to let a worker read them.
     *
     * @param next bytes
     */
    boolean isCheap(int next) {
        return !callsForeignHooks && content.getMessageSize() + decoder.begunBytes() + next <= ReceivedMessage.SMALL;
    }

    /**
     * Adds a whole line. Of a message beyond the size limit nothing more is kept.
     *
     * @param line with CRLF and a stuffed dot
     */
    void add(SMTPSession session, byte[] line) throws IOException {
        addReceivedField(session);
        byte[] text = MailDataDecoder.unstuffed(line);
        size += text.length;
        if (!isTooLarge()) {
            check.line(text);
            content.write(text, 0, text.length);
        }
    }

    /** The size is what the client sent, CRLFs counted and stuffed dots not; the Received field does not count. */
    private boolean isTooLarge() {
        return maxSize > 0 && size > maxSize;
    }

    private void addReceivedField(SMTPSession session) throws IOException {
        if (content.getMessageSize() == 0) {
            RECEIVED.writeTo(session, content);
        }
    }

    /** Writes what a worker has collected, if the message is in a file. */
    void flush() throws IOException {
        content.flush();
    }

    /** Nothing more is added. */
    void end(SMTPSession session) throws IOException {
        addReceivedField(session);
        content.end();
    }

    /** Why the message cannot be accepted, now that it has ended. */
    Optional<MailRefusal> refusal(SmtpTransaction transaction) {
        return isTooLarge()
                ? Optional.of(MessageSizeLimit.EXCEEDED)
                : check.verdict(transaction.sender(), transaction.recipients());
    }

    /** Ends the transaction. */
    Response refuse(SMTPSession session, MailRefusal refusal) {
        events.publish(SmtpTransaction.of(session).refused(refusal.code(), refusal.text()));
        session.popLineHandler();
        session.resetState();
        return new SMTPResponse(Integer.toString(refusal.code()), refusal.text());
    }

    DeliverabilityCheck check() {
        return check;
    }

    long size() {
        return size;
    }

    /** Releases the decoder's memory; the content belongs to the mail from now on. */
    ReceivedMessage handOver() {
        decoder.clear();
        return content;
    }

    @Override
    public void dispose() {
        decoder.clear();
        content.dispose();
    }
}
