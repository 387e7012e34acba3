package io.relaypod.mime;

/**
 * What of a message takes memory when it is read and changed. Its bodies take none: they are streamed.
 *
 * @param headerBytes   of the message's own header
 * @param headerFields  of the message's own header
 * @param addresses     in To, Cc and Bcc
 * @param parts         those of attached messages included
 * @param fields        of the headers of all parts
 * @param contentFields bytes of the Content-* fields of all parts
 */
public record MessageCost(long headerBytes, long headerFields, long addresses, long parts, long fields, long contentFields) {

    // Buffers of the readers, decoders and writers that work on one message at a time.
    private static final long BUFFERS = 64 * 1024;
    // James keeps the header as text, field by field; the rules of To and Cc read it into addresses and write it anew.
    private static final long COPIES_OF_THE_HEADER = 6;
    private static final long A_FIELD = 160;
    private static final long AN_ADDRESS = 600;
    private static final long A_PART = 400;
    private static final long COPIES_OF_CONTENT_FIELDS = 4;

    /** Bytes of memory, reckoned generously; the tests measure that less is used. */
    public long bytes() {
        return BUFFERS + COPIES_OF_THE_HEADER * headerBytes + A_FIELD * (headerFields + fields) + AN_ADDRESS * addresses + A_PART * parts
            + COPIES_OF_CONTENT_FIELDS * contentFields;
    }
}
