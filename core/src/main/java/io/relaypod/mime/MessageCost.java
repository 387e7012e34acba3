package io.relaypod.mime;

import java.io.IOException;
import java.io.InputStream;
import java.util.Set;

/**
 * The memory that a message takes when it is read and changed. Bodies are streamed and take only some copies of their
 * beginning.
 *
 * @param size of the whole message, in bytes
 * @param headerBytes of the message's own header
 * @param headerFields of the message's own header
 * @param addresses in To, Cc and Bcc
 * @param parts those of attached messages included
 * @param fields of the headers of all parts
 * @param contentFields bytes of the Content-* fields of all parts
 */
public record MessageCost(
        long size, long headerBytes, long headerFields, long addresses, long parts, long fields, long contentFields) {

    private static final Set<String> ADDRESS_FIELDS = Set.of("to", "cc", "bcc");
    // Buffers of the readers, decoders and writers that work on one message at a time.
    private static final long BUFFERS = 64 * 1024;
    // James holds a message in memory up to so many bytes, and mailets make new ones of it.
    private static final long IN_MEMORY = 100 * 1024;
    private static final long COPIES = 3;
    // James keeps the header as text, field by field; the rules of To and Cc read it into addresses and write it anew.
    private static final long COPIES_OF_THE_HEADER = 5;
    private static final long A_FIELD = 160;
    private static final long AN_ADDRESS = 500;
    private static final long A_PART = 400;
    private static final long COPIES_OF_CONTENT_FIELDS = 4;

    /**
     * Measures a message in one pass, whatever is in it; the memory that this takes is bounded by the depth of its
     * parts.
     */
    public static MessageCost of(MessageSource source) throws IOException {
        try (InputStream in = source.open()) {
            Measurement measure = new Measurement();
            MessageLineReader lines = new MessageLineReader(in);
            while (lines.next()) {
                measure.line(lines);
            }
            return measure.cost(lines.end());
        }
    }

    /** Bytes of memory, reckoned generously. */
    public long bytes() {
        return BUFFERS
                + COPIES * Math.min(size, IN_MEMORY)
                + COPIES_OF_THE_HEADER * headerBytes
                + A_FIELD * (headerFields + fields)
                + AN_ADDRESS * addresses
                + A_PART * parts
                + COPIES_OF_CONTENT_FIELDS * contentFields;
    }

    /** Counts. For one message. */
    private static final class Measurement {

        private final MessageOutline outline = new MessageOutline();
        private final AddressCount addresses = new AddressCount();
        private boolean inHeader = true;
        private boolean inAddressField;
        private long headerBytes;
        private long headerFields;

        void line(MessageLine line) {
            outline.line(line);
            inHeader &= !line.isBlank();
            if (!inHeader) {
                return;
            }
            headerBytes += line.end() - line.start();
            if (!line.startsWith(' ') && !line.startsWith('\t')) {
                headerFields++;
                inAddressField = ADDRESS_FIELDS.contains(HeaderField.nameOf(line.text(20)));
                addresses.beginField();
            }
            if (inAddressField) {
                addresses.add(line.text());
            }
        }

        MessageCost cost(long size) {
            outline.problem();
            return new MessageCost(
                    size,
                    headerBytes,
                    headerFields,
                    addresses.count(),
                    outline.parts(),
                    outline.fields(),
                    outline.contentFields());
        }
    }
}
