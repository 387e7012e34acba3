package io.relaypod.server.queue.inflight;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * The names of the mails in flight, a line of fixed length each. It is written and never synced: the kernel keeps what
 * a process has written when the process dies. For one thread at a time.
 */
final class InFlightFile implements AutoCloseable {

    /** Means that the mail has no line. */
    static final int NO_LINE = -1;

    private static final int LINE = 256;
    private static final int LONGEST_NAME = LINE - 1;
    // More than all threads that handle mails.
    private static final int LINES = 1024;
    private static final byte SPACE = ' ';

    private final FileChannel file;
    private final BitSet used = new BitSet();

    private InFlightFile(FileChannel file) {
        this.file = file;
    }

    static InFlightFile open(Path path) throws IOException {
        return new InFlightFile(
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    /** The name as a line has it: names that differ only beyond its length count as one. */
    static String shortened(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        return new String(bytes, 0, Math.min(bytes.length, LONGEST_NAME), StandardCharsets.US_ASCII)
                .replaceAll("\\s", "?");
    }

    /** What is marked. */
    List<String> names() throws IOException {
        ByteBuffer all = ByteBuffer.allocate((int) Math.min(file.size(), (long) LINE * LINES));
        while (all.hasRemaining() && file.read(all, all.position()) > 0) {
            // a read may return less than there is
        }
        List<String> names = new ArrayList<>();
        for (int at = 0; at + LINE <= all.position(); at += LINE) {
            String name = new String(all.array(), at, LINE, StandardCharsets.US_ASCII).strip();
            if (!name.isEmpty() && name.chars().allMatch(c -> c > SPACE && c < 0x7f)) {
                names.add(name);
            }
        }
        return names;
    }

    /** Marks nothing any more. */
    void clear() throws IOException {
        file.truncate(0);
        used.clear();
    }

    /** @return the line, or {@link #NO_LINE} if all are used */
    int mark(String name) throws IOException {
        int line = used.nextClearBit(0);
        if (line >= LINES) {
            return NO_LINE;
        }
        write(line, name);
        used.set(line);
        return line;
    }

    void unmark(int line) throws IOException {
        if (line != NO_LINE) {
            used.clear(line);
            write(line, "");
        }
    }

    private void write(int line, String name) throws IOException {
        byte[] bytes = new byte[LINE];
        Arrays.fill(bytes, SPACE);
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, bytes, 0, Math.min(text.length, LONGEST_NAME));
        bytes[LINE - 1] = '\n';
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        long at = (long) line * LINE;
        while (buffer.hasRemaining()) {
            file.write(buffer, at + buffer.position());
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
