package io.relaypod.mime;

import java.util.List;
import java.util.Optional;

/**
 * A part of a message, or the message itself, and its position in the bytes. Preamble and epilogue belong to the
 * parent. Immutable.
 */
public final class Part {

    private final List<MediaType> types;
    private final List<TransferEncoding> encodings;
    private final boolean ambiguous;
    private final boolean message;
    private final List<HeaderField> fields;
    private final long delimiterStart;
    private final long headerStart;
    private final long headerEnd;
    private final long bodyStart;
    private final long end;
    private final List<Part> children;
    private final List<Range> calendarsOutsideParts;

    /** From the byte at {@code start} up to and without the one at {@code end}. */
    public record Range(long start, long end) {}

    Part(OpenPart part, long end) {
        this.types = part.types;
        this.encodings = part.encodings;
        this.ambiguous = types.size() > 1 || encodings.size() > 1 || part.usedBoundaries.size() > 1;
        this.message = part.message;
        this.fields = List.copyOf(part.fields);
        this.delimiterStart = part.delimiterStart;
        this.headerStart = part.headerStart;
        this.headerEnd = part.headerEnd < 0 ? end : part.headerEnd;
        this.bodyStart = part.bodyStart < 0 ? end : part.bodyStart;
        this.end = end;
        this.children = List.copyOf(part.children);
        this.calendarsOutsideParts = List.copyOf(part.calendarsOutsideParts);
    }

    /**
     * The type; if the header may be read in more than one way, the type by which other parts are inside, or else the
     * first.
     */
    public MediaType type() {
        return types.stream()
                .filter(MediaType::isMultipart)
                .findFirst()
                .or(() -> types.stream().filter(MediaType::isMessage).findFirst())
                .orElse(types.get(0));
    }

    /** Every type that a reader may find in the header; one in most mails. */
    public List<MediaType> types() {
        return types;
    }

    /** Every encoding that a reader may find in the header; one in most mails. */
    public List<TransferEncoding> encodings() {
        return encodings;
    }

    /** Whether readers may see different things in it: two types, two encodings, or two boundaries that both occur. */
    public boolean isAmbiguous() {
        return ambiguous;
    }

    /** Whether this is a whole message, the outermost or an attached one, whose header is more than that of a part. */
    public boolean isMessage() {
        return message;
    }

    /** In their order. Of those that are not Content-something or MIME-Version only where they are. */
    public List<HeaderField> fields() {
        return fields;
    }

    public Optional<HeaderField> field(String name) {
        return fields.stream().filter(field -> field.name().equals(name)).findFirst();
    }

    /** The parts of a multipart, or the one message in a message/rfc822. */
    public List<Part> children() {
        return children;
    }

    public TransferEncoding encoding() {
        return encodings.get(0);
    }

    /** Whether this is a message or multipart that RFC 2045 6.4 forbids to encode, and that is encoded. */
    public boolean isEncodedComposite() {
        return (type().isMessage() || type().isMultipart())
                && children.isEmpty()
                && encoding() != TransferEncoding.IDENTITY;
    }

    /** Where the line of dashes before this part begins. */
    public long delimiterStart() {
        return delimiterStart;
    }

    public long headerStart() {
        return headerStart;
    }

    /** Where the empty line behind the header begins. */
    public long headerEnd() {
        return headerEnd;
    }

    public boolean hasBody() {
        return bodyStart > headerEnd;
    }

    public long bodyStart() {
        return bodyStart;
    }

    /** Where the next delimiter begins: the line break before it, which belongs to it, is still inside. */
    public long end() {
        return end;
    }

    /** What stands before the first and behind the last part of a multipart, where it looks like a calendar. */
    public List<Range> calendarsOutsideParts() {
        return calendarsOutsideParts;
    }
}
