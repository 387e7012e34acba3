package io.relaypod.mime;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads a message line by line, in constant memory however long its lines are. A line ends behind LF. For one thread.
 */
final class MessageLineReader implements MessageLine {

    /** The default for the bytes that are stored of a line. */
    static final int KEPT = 64 * 1024;

    private final InputStream in;
    private final int most;
    private final byte[] buffer = new byte[8 * 1024];
    private int position;
    private int filled;
    private byte[] line = new byte[256];
    private int kept;
    private long start;
    private long end;

    MessageLineReader(InputStream in) {
        this(in, KEPT);
    }

    /** @param most bytes that are stored of a line */
    MessageLineReader(InputStream in, int most) {
        this.in = in;
        this.most = most;
    }

    /** Moves to the next line. */
    boolean next() throws IOException {
        start = end;
        kept = 0;
        while (position < filled || fill()) {
            int from = position;
            while (position < filled && buffer[position] != '\n') {
                position++;
            }
            boolean complete = position < filled;
            position += complete ? 1 : 0;
            keep(from, position - from);
            end += position - from;
            if (complete) {
                return true;
            }
        }
        return end > start;
    }

    private boolean fill() throws IOException {
        position = 0;
        filled = Math.max(0, in.read(buffer));
        return filled > 0;
    }

    private void keep(int from, int length) {
        int taken = Math.min(length, most - kept);
        if (kept + taken > line.length) {
            line = Arrays.copyOf(line, (int) Math.min(most, Math.max(kept + taken, 2L * line.length)));
        }
        System.arraycopy(buffer, from, line, kept, taken);
        kept += taken;
    }

    @Override
    public long start() {
        return start;
    }

    @Override
    public long end() {
        return end;
    }

    @Override
    public byte[] bytes() {
        return line;
    }

    @Override
    public int kept() {
        return kept;
    }
}
