package io.relaypod.mime;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import com.google.common.io.ByteStreams;

/**
 * Changes to ranges of a message. All other bytes stay as they are.
 *
 * <pre>{@code
 * Edits edits = new Edits();
 * edits.delete(part.delimiterStart(), part.end());
 * edits.apply(source, out);
 * }</pre>
 *
 * <p>Changes inside a deleted range are dropped. For one thread.
 */
public final class Edits {

    /** Writes what takes the place of a range. */
    @FunctionalInterface
    public interface Replacement {

        /** @param original the range as it was; what is not read of it is skipped */
        void write(InputStream original, OutputStream out) throws IOException;
    }

    private record Edit(long start, long end, Replacement replacement) {}

    private final List<Edit> edits = new ArrayList<>();

    public void delete(long start, long end) {
        replace(start, end, (original, out) -> {});
    }

    public void insert(long at, byte[] bytes) {
        replace(at, at, (original, out) -> out.write(bytes));
    }

    public void insert(long at, String bytes) {
        insert(at, bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    public void replace(long start, long end, Replacement replacement) {
        edits.add(new Edit(start, end, replacement));
    }

    public boolean isEmpty() {
        return edits.isEmpty();
    }

    /** How many changes were made so far. */
    public int count() {
        return edits.size();
    }

    /** Writes the message with its changes. */
    public void apply(MessageSource source, OutputStream out) throws IOException {
        // Insertions at a place come before what is deleted there; of two ranges the longer one first, as it takes the
        // other along.
        List<Edit> sorted = new ArrayList<>(edits);
        sorted.sort(Comparator.comparingLong(Edit::start)
                .thenComparing(edit -> edit.end() > edit.start())
                .thenComparing(Comparator.comparingLong(Edit::end).reversed()));
        try (InputStream in = source.open()) {
            long at = 0;
            for (Edit edit : sorted) {
                if (edit.start() < at) {
                    continue;
                }
                copy(in, edit.start() - at, out);
                InputStream original = ByteStreams.limit(in, edit.end() - edit.start());
                edit.replacement().write(original, out);
                ByteStreams.exhaust(original);
                at = edit.end();
            }
            in.transferTo(out);
        }
    }

    private static void copy(InputStream in, long length, OutputStream out) throws IOException {
        if (ByteStreams.limit(in, length).transferTo(out) < length) {
            throw new EOFException("the message is shorter than it was");
        }
    }
}
