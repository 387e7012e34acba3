package io.relaypod.lab.smtp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Reads lines as bytes, so that nothing in them is lost: each ends with its LF. For one thread. */
public final class LineReader {

    private final InputStream in;
    private final byte[] buffer = new byte[16 * 1024];
    private int from;
    private int to;

    /** Reads from a stream, ahead of what it returns. */
    public LineReader(InputStream in) {
        this.in = in;
    }

    /** The next line with its LF; without one where the stream ended, empty where nothing was left. */
    public byte[] readLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(128);
        while (from < to || fill()) {
            int end = from;
            while (end < to && buffer[end] != '\n') {
                end++;
            }
            boolean complete = end < to;
            int next = complete ? end + 1 : end;
            line.write(buffer, from, next - from);
            from = next;
            if (complete) {
                break;
            }
        }
        return line.toByteArray();
    }

    /** Whether the next line would have to wait for the other side. */
    public boolean isDrained() {
        return from == to;
    }

    private boolean fill() throws IOException {
        // Before the read, which may time out: what is in the buffer has been handed out.
        from = 0;
        to = 0;
        to = Math.max(0, in.read(buffer));
        return to > 0;
    }
}
