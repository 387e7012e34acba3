package io.relaypod.smtpclient;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A socket whose peer cannot block its thread for longer than a deadline, also below TLS. A read ends at the deadline
 * that {@link #expectReply} sets. A write has a deadline that grows with the bytes sent; a blocked write has no timeout
 * of its own, so another thread calls {@link #closeIfOverdue} regularly. One thread reads and writes; any may close.
 */
final class DeadlineSocket extends Socket {

    /** The least average speed at which a server has to accept what is sent. */
    static final int MIN_BYTES_PER_SECOND = 128 << 10;

    // Ends the connection after 30 s if the server's machine is gone.
    private static final Map<String, Integer> KEEPALIVE =
            Map.of("TCP_KEEPIDLE", 15, "TCP_KEEPINTERVAL", 5, "TCP_KEEPCOUNT", 3);
    private static final long NOT_SENDING = 0;
    // The deadline grows after each piece of a large write.
    private static final int PIECE = 32 << 10;
    // In bytes: what the kernel holds of a message that the server does not read.
    private static final int SEND_BUFFER = 128 << 10;

    private final Duration sendTimeout;
    private final Runnable onClose;
    private Duration replyTimeout = Duration.ZERO;
    private long replyDeadline;
    private long sentBytes;
    private long sendingSince = NOT_SENDING;
    // By System.nanoTime(), while a write is under way.
    private volatile long sendDeadline = NOT_SENDING;
    private volatile boolean wasOverdue;

    /**
     * @param sendTimeout for what is sent without a reply between, plus a second for each 128 KiB
     * @param onClose is run when the socket is closed, perhaps more than once
     */
    DeadlineSocket(Duration sendTimeout, Runnable onClose) {
        this.sendTimeout = sendTimeout;
        this.onClose = onClose;
    }

    /** Sets the TCP options. */
    void configure() throws IOException {
        setSendBufferSize(SEND_BUFFER);
        setTcpNoDelay(true);
        setKeepAlive(true);
        for (SocketOption<?> option : supportedOptions()) {
            Integer seconds = KEEPALIVE.get(option.name());
            if (seconds != null) {
                setKeepAliveOption(option, seconds);
            }
        }
    }

    // By name, because the options are only there if the runtime has the module jdk.net.
    @SuppressWarnings("unchecked")
    private void setKeepAliveOption(SocketOption<?> option, Integer value) throws IOException {
        setOption((SocketOption<Integer>) option, value);
    }

    /** Sets the deadline of all reads until the next call. */
    void expectReply(Duration timeout) {
        replyTimeout = timeout;
        replyDeadline = System.nanoTime() + timeout.toNanos();
        sendingSince = NOT_SENDING;
    }

    /** Closes the socket if the server did not accept in time what is sent. */
    void closeIfOverdue(long now) throws IOException {
        long deadline = sendDeadline;
        if (deadline != NOT_SENDING && now - deadline > 0) {
            wasOverdue = true;
            close();
        }
    }

    @Override
    public void close() throws IOException {
        try {
            super.close();
        } finally {
            onClose.run();
        }
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return new DeadlineInput(super.getInputStream());
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return new DeadlineOutput(super.getOutputStream());
    }

    private SocketTimeoutException replyOverdue() {
        return new SocketTimeoutException("the server's reply took longer than " + replyTimeout.toSeconds() + " s");
    }

    private void beforeWrite(int bytes) {
        long now = System.nanoTime();
        if (sendingSince == NOT_SENDING) {
            sendingSince = now;
            sentBytes = 0;
        }
        sentBytes += bytes;
        sendDeadline =
                sendingSince + sendTimeout.toNanos() + TimeUnit.SECONDS.toNanos(sentBytes) / MIN_BYTES_PER_SECOND;
    }

    private IOException afterFailedWrite(IOException failure) {
        if (wasOverdue) {
            return new SocketTimeoutException("the server did not accept " + sentBytes + " bytes within "
                    + Duration.ofNanos(System.nanoTime() - sendingSince).toSeconds() + " s");
        }
        return failure;
    }

    private final class DeadlineInput extends FilterInputStream {

        DeadlineInput(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            long left = TimeUnit.NANOSECONDS.toMillis(replyDeadline - System.nanoTime());
            if (left <= 0) {
                throw replyOverdue();
            }
            setSoTimeout((int) Math.min(Integer.MAX_VALUE, left));
            try {
                return in.read(bytes, offset, length);
            } catch (SocketTimeoutException silent) {
                throw replyOverdue();
            }
        }
    }

    private final class DeadlineOutput extends FilterOutputStream {

        DeadlineOutput(OutputStream out) {
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
                // Only a blocked write is overdue, not the time that the caller takes between two writes.
                sendDeadline = NOT_SENDING;
            }
        }
    }
}
