package io.relaypod.server.smtp;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.smtp.SMTPSession;

/**
 * The handlers that take a client's lines in place of the commands; the last one pushed is in force. For one thread at
 * a time.
 */
final class LineHandlerStack {

    private final Deque<LineHandler<SMTPSession>> handlers = new ArrayDeque<>(1);

    @SuppressWarnings("unchecked") // James declares handlers of any session
    void push(LineHandler<? extends ProtocolSession> handler) {
        handlers.addFirst((LineHandler<SMTPSession>) handler);
    }

    void pop() {
        handlers.pollFirst();
    }

    Optional<LineHandler<SMTPSession>> current() {
        return Optional.ofNullable(handlers.peekFirst());
    }

    /** The message that the client is sending. */
    Optional<IncomingMessage> message() {
        return handlers.peekFirst() instanceof IncomingMessage message ? Optional.of(message) : Optional.empty();
    }
}
