package io.relaypod.lab.smtp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Reads lines as bytes, without loss; each line ends with its LF. Not thread-safe. */
public final class LineReader {

    private final InputStream in;
    private final byte[] buffer = new byte[16 * 1024];
    private int from;
    private int to;

    /** Creates a reader that buffers the stream. */
    public LineReader(InputStream in) {
        this.in = in;
    }

    /** Returns the next line with its LF. At the end of the stream the LF may be missing, or the line empty. */
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

    /** Returns whether reading the next line would block. */
    public boolean isDrained() {
        return from == to;
    }

    private boolean fill() throws IOException {
        // The read may time out, and the bytes in the buffer are already returned.
        from = 0;
        to = 0;
        to = Math.max(0, in.read(buffer));
        return to > 0;
    }
}
