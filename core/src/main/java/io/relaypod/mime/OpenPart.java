package io.relaypod.mime;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A part whose end is not reached yet. For one thread. */
final class OpenPart {

    // A part has one boundary. A field with more readings than this is hostile.
    private static final int MAX_BOUNDARIES = 10;
    private static final String CONTENT = "content-";
    private static final String MIME_VERSION = "mime-version";
    private static final String OTHER = "";
    private static final int MAX_NAME = 100;

    final long delimiterStart;
    final long headerStart;
    final boolean message;
    final List<HeaderField> fields = new ArrayList<>();
    final List<Part> children = new ArrayList<>();
    final List<Part.Range> calendarsOutsideParts = new ArrayList<>();
    final Set<String> usedBoundaries = new LinkedHashSet<>();
    List<MediaType> types;
    private boolean multipart;
    private boolean attached;
    private List<String> boundaries = List.of();
    List<TransferEncoding> encodings = List.of(TransferEncoding.IDENTITY);
    long headerEnd = -1;
    long bodyStart = -1;

    long outsideStart = -1;
    boolean looksLikeCalendar;
    private String fieldName = OTHER;
    private long fieldStart = -1;
    private final StringBuilder field = new StringBuilder();

    OpenPart(long delimiterStart, long headerStart, MediaType type, boolean message) {
        this.delimiterStart = delimiterStart;
        this.headerStart = headerStart;
        this.types = List.of(type);
        this.message = message;
    }

    boolean inHeader() {
        return bodyStart < 0;
    }

    /** Whether the field that is being read is kept with its text. */
    boolean keepsField() {
        return fieldName.startsWith(CONTENT);
    }

    void beginField(MessageLine line) throws UnreadableMailException {
        // Of the other fields only the position matters.
        int first = line.bytes()[0];
        boolean kept = first == 'C' || first == 'c' || first == 'M' || first == 'm' || first <= ' ';
        String name = kept ? HeaderField.nameOf(line.text(MAX_NAME)) : OTHER;
        fieldName = name.startsWith(CONTENT) ? name : name.equals(MIME_VERSION) ? MIME_VERSION : OTHER;
        fieldStart = line.start();
        continueField(line);
    }

    void continueField(MessageLine line) throws UnreadableMailException {
        if (keepsField()) {
            field.append(line.text());
            if (line.isCut() || field.length() > MessageLineReader.KEPT) {
                throw new UnreadableMailException(
                        "a " + fieldName + " field of more than " + MessageLineReader.KEPT + " bytes");
            }
        }
    }

    void endField(long end) {
        if (inHeader() && fieldStart >= 0) {
            fields.add(new HeaderField(fieldName, fieldStart, end, field.toString()));
        }
        fieldStart = -1;
        fieldName = OTHER;
        field.setLength(0);
    }

    /** Reads type and encoding of the part. An empty Content-Type is skipped, as readers do. */
    void readType() throws UnreadableMailException {
        List<MediaType> named = new ArrayList<>(1);
        List<TransferEncoding> encoded = new ArrayList<>(1);
        for (HeaderField each : fields) {
            if (each.name().equals("content-type")) {
                MediaType.of(each).filter(type -> !named.contains(type)).ifPresent(named::add);
            } else if (each.name().equals("content-transfer-encoding")) {
                TransferEncoding encoding = TransferEncoding.of(each.value());
                if (!encoded.contains(encoding)) {
                    encoded.add(encoding);
                }
            }
        }
        types = named.isEmpty() ? types : List.copyOf(named);
        encodings = encoded.isEmpty() ? encodings : List.copyOf(encoded);
        readTypes();
    }

    private void readTypes() throws UnreadableMailException {
        boundaries = types.size() == 1
                ? types.get(0).boundaries()
                : types.stream()
                        .flatMap(type -> type.boundaries().stream())
                        .distinct()
                        .toList();
        for (MediaType type : types) {
            multipart |= type.isMultipart();
            attached |= type.isMessage();
        }
        if (boundaries.size() > MAX_BOUNDARIES) {
            throw new UnreadableMailException("a part with more than " + MAX_BOUNDARIES + " boundaries");
        }
    }

    boolean isMultipart() {
        return multipart;
    }

    boolean isMessage() {
        return attached;
    }

    boolean isDigest() {
        return types.stream().anyMatch(type -> type.is("multipart", "digest"));
    }

    /** Every boundary that a reader may find in the header, or the one that was guessed. */
    List<String> boundaries() {
        return boundaries;
    }

    /**
     * Whether readers that know no boundary guess it from the next line that begins with dashes, as Jakarta Mail does.
     */
    boolean guessesBoundary() {
        return multipart && boundaries.isEmpty() && !inHeader();
    }

    void guess(String boundary) {
        boundaries = List.of(boundary);
    }

    void endOutsideParts(long end) {
        if (looksLikeCalendar) {
            calendarsOutsideParts.add(new Part.Range(outsideStart, end));
        }
        looksLikeCalendar = false;
    }

    Part closed(long end) {
        return new Part(this, end);
    }
}
