package io.relaypod.gateway;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A connection that a gateway cannot keep busy for as long as it likes. All that follows what we sent, a reply of
 * however many lines, has one deadline and a largest size. What we send has a deadline that grows with the bytes sent;
 * {@link #isOverdue} says when it is over, and somebody else closes the socket then, as a blocked write has no timeout.
 * Below TLS as well. One thread reads and writes; any may ask and close.
 */
final class GatewaySocket extends Socket {

    /** Bytes of a reply with all its lines: 100 lines of RFC 5321's 512 bytes, and TLS around them. */
    static final int LARGEST_REPLY = 64 << 10;
    /** What a gateway has to take in a second on average: Mailpit takes a hundred times as much. */
    static final int LEAST_BYTES_A_SECOND = 128 << 10;

    // A gateway whose machine has gone sends nothing at all.
    private static final Map<String, Integer> KEEPALIVE =
            Map.of("TCP_KEEPIDLE", 15, "TCP_KEEPINTERVAL", 5, "TCP_KEEPCOUNT", 3);
    private static final long NOT_SENDING = 0;
    // Of a large write, so that the deadline grows with what was taken.
    private static final int PIECE = 32 << 10;

    private final Runnable closed;
    private int replyTimeout;
    private long replyDeadline;
    private boolean isReplying;
    private long replyBytes;
    private long sentBytes;
    private long sendingSince;
    // By System.nanoTime(); read by whoever looks for what is overdue.
    private volatile long sendDeadline = NOT_SENDING;
    private volatile boolean wasOverdue;

    /** @param closed is run when the socket is closed, perhaps more than once */
    GatewaySocket(Runnable closed) {
        this.closed = closed;
    }

    /** Milliseconds for a whole reply, and the least that sending may take; 0 for no limit. */
    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        super.setSoTimeout(timeout);
        replyTimeout = timeout;
        isReplying = false;
    }

    @Override
    public int getSoTimeout() {
        return replyTimeout;
    }

    void keepAlive() throws IOException {
        setKeepAlive(true);
        for (SocketOption<?> option : supportedOptions()) {
            Integer seconds = KEEPALIVE.get(option.name());
            if (seconds != null) {
                setKeepAliveOption(option, seconds);
            }
        }
    }

    // By name: the options are there where the runtime has the module jdk.net.
    @SuppressWarnings("unchecked")
    private void setKeepAliveOption(SocketOption<?> option, Integer value) throws IOException {
        setOption((SocketOption<Integer>) option, value);
    }

    /** Whether the gateway has not taken what we send in time. */
    boolean isOverdue(long now) {
        long deadline = sendDeadline;
        return deadline != NOT_SENDING && now - deadline > 0;
    }

    @Override
    public void close() throws IOException {
        try {
            super.close();
        } finally {
            closed.run();
        }
    }

    /** Ends a write that is overdue. */
    void giveUp() throws IOException {
        wasOverdue = true;
        close();
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return new Replies(super.getInputStream());
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return new Commands(super.getOutputStream());
    }

    private void beforeRead() throws IOException {
        sendDeadline = NOT_SENDING;
        sendingSince = NOT_SENDING;
        if (!isReplying) {
            isReplying = true;
            replyBytes = 0;
            replyDeadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(replyTimeout);
        }
        if (replyTimeout > 0) {
            long left = TimeUnit.NANOSECONDS.toMillis(replyDeadline - System.nanoTime());
            if (left <= 0) {
                throw tooLate();
            }
            super.setSoTimeout((int) left);
        }
    }

    private SocketTimeoutException tooLate() {
        return new SocketTimeoutException("the gateway's reply took longer than "
                + Duration.ofMillis(replyTimeout).toSeconds() + " s");
    }

    private void afterRead(int bytes) throws IOException {
        replyBytes += Math.max(0, bytes);
        if (replyBytes > LARGEST_REPLY) {
            close();
            throw new IOException("the gateway's reply is longer than " + LARGEST_REPLY + " bytes");
        }
    }

    private void beforeWrite(int bytes) {
        isReplying = false;
        long now = System.nanoTime();
        if (sendingSince == NOT_SENDING) {
            sendingSince = now;
            sentBytes = 0;
        }
        sentBytes += bytes;
        sendDeadline = replyTimeout > 0
                ? sendingSince
                        + TimeUnit.MILLISECONDS.toNanos(replyTimeout)
                        + TimeUnit.SECONDS.toNanos(sentBytes) / LEAST_BYTES_A_SECOND
                : NOT_SENDING;
    }

    private IOException afterFailedWrite(IOException failure) {
        if (wasOverdue) {
            return new SocketTimeoutException("the gateway did not take " + sentBytes + " bytes within "
                    + Duration.ofNanos(System.nanoTime() - sendingSince).toSeconds() + " s");
        }
        return failure;
    }

    private final class Replies extends FilterInputStream {

        Replies(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            beforeRead();
            try {
                int read = in.read(bytes, offset, length);
                afterRead(read);
                return read;
            } catch (SocketTimeoutException silent) {
                throw tooLate();
            }
        }
    }

    private final class Commands extends FilterOutputStream {

        Commands(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                for (int written = 0; written < length; written += PIECE) {
                    int piece = Math.min(PIECE, length - written);
                    beforeWrite(piece);
                    out.write(bytes, offset + written, piece);
                }
            } catch (IOException failure) {
                throw afterFailedWrite(failure);
            } finally {
                // Only a write that is blocked is overdue; what we do meanwhile is our own time.
                sendDeadline = NOT_SENDING;
            }
        }
    }
}
