package io.relaypod.mime;

import java.util.Optional;

/**
 * Counts the parts and fields of a message whose lines are given one by one, as {@link StructureScanner} finds them,
 * and finds out whether the scanner will be able to read it. Memory is bounded by the depth of the parts. For one
 * message and one thread.
 */
public final class MessageOutline {

    private final LineView line = new LineView();
    private Optional<StructureScanner> scanner = Optional.empty();
    private Optional<String> problem = Optional.empty();
    private int parts;
    private long fields;
    private long contentFields;

    public MessageOutline() {
        try {
            scanner = Optional.of(new StructureScanner(false));
        } catch (UnreadableMailException first) {
            stop(first);
        }
    }

    /** @param bytes with the line break */
    public void line(byte[] bytes) {
        line.next(bytes);
        line(line);
    }

    void line(MessageLine next) {
        if (scanner.isPresent()) {
            try {
                scanner.get().next(next);
            } catch (UnreadableMailException unreadable) {
                stop(unreadable);
            }
        }
    }

    private void stop(UnreadableMailException unreadable) {
        problem = Optional.of(unreadable.getMessage());
        stop();
    }

    private void stop() {
        parts = parts();
        fields = fields();
        contentFields = contentFields();
        scanner = Optional.empty();
    }

    /** Parts so far, the message itself and those of attached messages among them. */
    public int parts() {
        return scanner.map(StructureScanner::parts).orElse(parts);
    }

    /** Header fields of all parts so far. */
    public long fields() {
        return scanner.map(StructureScanner::fields).orElse(fields);
    }

    /** Bytes of the Content-* fields of all parts so far. */
    public long contentFields() {
        return scanner.map(StructureScanner::contentFields).orElse(contentFields);
    }

    /** Why the structure cannot be read, if so. To be called after the last line. */
    public Optional<String> problem() {
        if (scanner.isPresent()) {
            try {
                scanner.get().end();
                stop();
            } catch (UnreadableMailException unreadable) {
                stop(unreadable);
            }
        }
        return problem;
    }

    /** The current line, cut as {@link MessageLineReader} cuts it. */
    private static final class LineView implements MessageLine {

        private byte[] bytes = {};
        private long start;
        private long end;

        void next(byte[] next) {
            bytes = next;
            start = end;
            end += next.length;
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
            return bytes;
        }

        @Override
        public int kept() {
            return Math.min(bytes.length, MessageLineReader.KEPT);
        }
    }
}
