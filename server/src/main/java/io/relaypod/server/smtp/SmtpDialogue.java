package io.relaypod.server.smtp;

import java.io.IOException;
import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.relaypod.threads.Background;
import org.apache.james.metrics.api.Metric;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.smtp.SMTPSession;
import org.jspecify.annotations.Nullable;

/**
 * Answers the lines of one client in their order. While a {@link PendingReply} is awaited, as DNS is asked about a
 * recipient or a message is being stored, the client's next lines wait, and no thread does.
 *
 * <p>A line is answered only while the client reads its replies: what it leaves unread is bounded by the channel's high
 * watermark and one reply. Once lines wait, nothing more is read from the socket: what a client sends ahead is bounded
 * by two reads. Workers read a message beyond 4 KiB, one read of the socket at a time, since its lines may cost more
 * than other clients should wait for. For the channel's thread.
 */
final class SmtpDialogue {

    // Of one connection, before the others of the thread have their turn: less than a millisecond.
    private static final int LINES_AT_A_TIME = 16;

    private final ChannelHandlerContext context;
    private final RelaySession session;
    private final LineHandlerStack lineHandlers;
    private final RelayCommands commands;
    private final Metric commandCount;
    private final FairExecutor workers;
    private final ClientTimeouts timeouts;
    private final ClientTimer timer;
    private final Consumer<Throwable> onFailure;
    private final ErrorLimit errors = new ErrorLimit();
    private final ClientInput input;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private boolean isOpen = true;
    private boolean isCutOff;
    private boolean isWaiting;
    private boolean isDelayed;
    private boolean isAnswering;
    private boolean hasAnswered;
    private boolean messageHasEnded;
    private Optional<Runnable> end = Optional.empty();

    SmtpDialogue(
            ChannelHandlerContext context,
            RelaySession session,
            ClientInput input,
            LineHandlerStack lineHandlers,
            RelayCommands commands,
            Metric commandCount,
            FairExecutor workers,
            ClientTimeouts timeouts,
            ClientTimer timer,
            Consumer<Throwable> onFailure) {
        this.context = context;
        this.session = session;
        this.input = input;
        this.lineHandlers = lineHandlers;
        this.commands = commands;
        this.commandCount = commandCount;
        this.workers = workers;
        this.timeouts = timeouts;
        this.timer = timer;
        this.onFailure = onFailure;
    }

    /** Whether the client's lines are answered. */
    boolean isListening() {
        return isOpen && !isCutOff;
    }

    /** Where the client is, as a proxy has told it. */
    InetAddress client() {
        return session.getRemoteAddress().getAddress();
    }

    /** Appends what has been received, and answers the lines that are whole; does not release it. */
    void received(ByteBuf bytes) {
        timeouts.received(bytes.readableBytes());
        input.add(bytes);
        answerLines();
    }

    /** Goes on with a client that has read its replies. */
    void writable() {
        if (isOpen) {
            answerLines();
            context.flush();
        }
    }

    /** From now on nothing is answered; a client that does not read the last reply is not waited for. */
    void cutOff() {
        isCutOff = true;
        timeouts.lastReplySent();
        timer.restart();
    }

    /**
     * Ends the dialogue by this, behind the reply that is due; lines and messages that are not complete are dropped.
     */
    void endBy(Runnable farewell) {
        if (isWaiting && !isDelayed) {
            end = Optional.of(farewell);
        } else {
            farewell.run();
        }
    }

    /**
     * Forgets what the client has sent.
     *
     * @return completes when no worker has the session any more
     */
    CompletionStage<Void> close() {
        isOpen = false;
        if (!input.isLent()) {
            input.clear();
            closed.complete(null);
        }
        return closed;
    }

    // Until a reply is pending, the client does not read, or a line is not whole yet.
    private void answerLines() {
        if (isAnswering) {
            return; // from a flush below, which has made room
        }
        isAnswering = true;
        try {
            for (int lines = 0; !isWaiting && !isCutOff && input.hasNext() && readsReplies(); lines++) {
                Optional<IncomingMessage> message = lineHandlers.message();
                if (message.isPresent() && message.get().isCheap(input.size())) {
                    Optional<Response> reply = read(message.get(), input.unread());
                    messageHasEnded = lineHandlers.message().isEmpty();
                    answer(reply);
                } else if (message.isPresent()) {
                    readOnWorker(message.get());
                } else if (lines == LINES_AT_A_TIME) {
                    isWaiting = true;
                    context.executor().execute(() -> resume(Optional::empty));
                } else {
                    messageHasEnded = false;
                    answer(Optional.ofNullable(responseTo(input.next().orElseThrow())));
                }
            }
            expectNext();
        } catch (RuntimeException failure) {
            onFailure.accept(failure);
        } finally {
            isAnswering = false;
        }
    }

    // Until they are flushed, replies count as unread.
    private boolean readsReplies() {
        if (!context.channel().isWritable()) {
            context.flush();
        }
        return context.channel().isWritable();
    }

    private void expectNext() {
        if (isCutOff) {
            context.channel().config().setAutoRead(true);
            return;
        }
        boolean hasToRead = !context.channel().isWritable();
        if (isWaiting) {
            // Who has to wait for refusals does not occupy a place that another client could have.
            if (!isDelayed) {
                timeouts.pause();
            }
        } else if (hasToRead) {
            timeouts.readingExpected();
        } else if (lineHandlers.message().isPresent()) {
            timeouts.mailExpected();
        } else {
            timeouts.commandExpected(hasAnswered);
            hasAnswered = false;
        }
        // Lines that wait are enough. Behind a message nothing is read either: we would hear that the client has closed
        // its side, and could not answer it.
        boolean hasSentAhead = isWaiting && (input.isLent() || messageHasEnded || input.size() > 0);
        context.channel().config().setAutoRead(!hasToRead && !hasSentAhead);
    }

    private @Nullable Response responseTo(byte[] line) {
        Optional<LineHandler<SMTPSession>> handler = lineHandlers.current();
        if (handler.isPresent()) {
            return handler.get().onLine(session, line);
        }
        commandCount.increment();
        return commands.onLine(session, line);
    }

    private void readOnWorker(IncomingMessage message) {
        CompletableFuture<Optional<Response>> outcome = CompletableFuture.supplyAsync(
                () -> read(message, input.unread()), task -> workers.execute(client(), task));
        input.lend();
        isWaiting = true;
        Background.whenDone(outcome, (reply, failure) -> context.executor().execute(() -> messageRead(reply, failure)));
    }

    /** Reads the lines that are there, or those up to the end of the message. A worker has the session meanwhile. */
    private Optional<Response> read(IncomingMessage message, SmtpLineDecoder lines) {
        try {
            Optional<Response> reply = Optional.empty();
            while (reply.isEmpty()
                    && lineHandlers.message().filter(message::equals).isPresent()
                    && lines.hasNext()) {
                reply = Optional.ofNullable(message.onLine(session, lines.next().orElseThrow()));
            }
            if (session.incoming().isPresent()) {
                message.flush();
            }
            return reply;
        } catch (IOException failure) {
            return Optional.of(MessageReceiver.notKept(session, failure));
        }
    }

    private void messageRead(Optional<Response> reply, Throwable failure) {
        input.reclaim();
        messageHasEnded = lineHandlers.message().isEmpty();
        if (isOpen && failure != null) {
            isWaiting = false;
            onFailure.accept(failure instanceof CompletionException ? failure.getCause() : failure);
        } else if (isOpen) {
            resume(() -> reply);
        } else {
            if (failure == null && reply.isPresent() && reply.get() instanceof PendingReply pending) {
                await(pending);
            }
            close();
        }
    }

    private void answer(Optional<Response> reply) {
        if (reply.isEmpty()) {
            return;
        }
        if (reply.get() instanceof PendingReply pending) {
            await(pending);
            return;
        }
        hasAnswered = true;
        Response counted = errors.counted(session, reply.get());
        session.getProtocolTransport().writeResponse(counted, session);
        if (counted.isEndSession()) {
            cutOff();
        }
    }

    private void await(PendingReply pending) {
        isWaiting = true;
        isDelayed = pending.isDelayed();
        Background.whenDone(
                pending.awaited(),
                (done, failure) -> context.executor().execute(() -> {
                    resume(() -> Optional.of(pending.reply().get()));
                    pending.whenSent().run();
                }));
    }

    private void resume(Supplier<Optional<Response>> reply) {
        isWaiting = false;
        isDelayed = false;
        if (!isOpen) {
            return; // the client has gone, and its lines with it
        }
        try {
            timeouts.resume();
            answer(reply.get());
            if (end.isPresent() && !isWaiting) {
                end.get().run();
                return;
            }
            answerLines();
        } catch (RuntimeException failure) {
            onFailure.accept(failure);
        }
        context.flush();
    }
}
