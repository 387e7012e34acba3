package io.relaypod.mime;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Finds the parts of a message in one pass over its lines, in time linear in its size and memory bounded by its
 * structure.
 *
 * <pre>{@code
 * Part message = StructureScanner.scan(source);
 * }</pre>
 *
 * <p>Lenient where readers differ: a part is found when any of them could find it. So a line without a colon does not
 * end a header, parts behind a closing delimiter count, and where a header may be read in two ways, the boundaries of
 * both divide the part.
 */
public final class StructureScanner {

    /** The deepest nesting of parts. Messages of people have a depth of 4, and 20 parts. */
    public static final int MAX_DEPTH = 100;
    /** The most parts, those of attached messages included. */
    public static final int MAX_PARTS = 5_000;
    /** The most header fields of all parts together. */
    public static final int MAX_FIELDS = 20_000;
    /** The most bytes of all Content-* fields together. */
    public static final int MAX_CONTENT_FIELDS = 1024 * 1024;

    private static final int DASHES = 2;

    private final boolean keepsTree;
    private final List<OpenPart> open = new ArrayList<>();
    private final Map<String, OpenPart> boundaries = new HashMap<>();
    private int parts;
    private long fields;
    private long contentFields;
    private long end;

    /** @param keepsTree whether {@link #end} returns the parts inside the message */
    StructureScanner(boolean keepsTree) throws UnreadableMailException {
        this.keepsTree = keepsTree;
        push(new OpenPart(0, 0, MediaType.TEXT, true));
    }

    /**
     * @return the message
     * @throws UnreadableMailException when it is nested too deep, has too many parts or fields, or a field that is too
     *     long
     */
    public static Part scan(MessageSource source) throws IOException, UnreadableMailException {
        try (InputStream in = source.open()) {
            StructureScanner scanner = new StructureScanner(true);
            MessageLineReader lines = new MessageLineReader(in);
            while (lines.next()) {
                scanner.next(lines);
            }
            return scanner.end();
        }
    }

    void next(MessageLine line) throws UnreadableMailException {
        end = line.end();
        if (!line.startsWithDashes() || !delimiter(line)) {
            content(line);
        }
    }

    Part end() throws UnreadableMailException {
        OpenPart root = open.get(0);
        closeTo(0, end);
        return root.closed(end);
    }

    /** Parts begun so far. */
    int parts() {
        return parts;
    }

    /** Header fields so far. */
    long fields() {
        return fields;
    }

    /** Bytes of Content-* fields so far. */
    long contentFields() {
        return contentFields;
    }

    private void push(OpenPart part) throws UnreadableMailException {
        if (open.size() == MAX_DEPTH) {
            throw new UnreadableMailException("parts nested more than " + MAX_DEPTH + " deep");
        }
        if (++parts > MAX_PARTS) {
            throw new UnreadableMailException("more than " + MAX_PARTS + " parts, those of attached messages included");
        }
        open.add(part);
    }

    private OpenPart innermost() {
        return open.get(open.size() - 1);
    }

    /** Closes every part deeper than {@code depth}. */
    private void closeTo(int depth, long at) throws UnreadableMailException {
        while (open.size() > depth) {
            OpenPart part = open.remove(open.size() - 1);
            part.endField(at);
            part.endOutsideParts(at);
            part.boundaries().forEach(boundary -> boundaries.remove(boundary, part));
            // A header without an empty line behind it was not read yet, and has no parts inside.
            if (part.inHeader()) {
                part.readType();
            }
            if (keepsTree && !open.isEmpty()) {
                innermost().children.add(part.closed(at));
            }
        }
    }

    private boolean delimiter(MessageLine line) throws UnreadableMailException {
        boolean guessing = innermost().guessesBoundary();
        if (boundaries.isEmpty() && !guessing || line.isCut()) {
            return false;
        }
        String text = line.text().stripTrailing().substring(DASHES);
        OpenPart parent = boundaries.get(text);
        boolean last = parent == null && text.endsWith("--");
        String boundary = last ? text.substring(0, text.length() - DASHES) : text;
        if (last) {
            parent = boundaries.get(boundary);
        }
        if (parent == null && guessing && !boundary.isBlank()) {
            boundary = text;
            last = false;
            parent = innermost();
            parent.guess(boundary);
            boundaries.put(boundary, parent);
        }
        if (parent == null) {
            return false;
        }
        closeTo(open.indexOf(parent) + 1, line.start());
        parent.usedBoundaries.add(boundary);
        parent.endOutsideParts(line.start());
        if (last) {
            parent.outsideStart = line.end();
        } else {
            push(new OpenPart(line.start(), line.end(), parent.isDigest() ? MediaType.MESSAGE : MediaType.TEXT, false));
        }
        return true;
    }

    private void content(MessageLine line) throws UnreadableMailException {
        OpenPart part = innermost();
        if (part.inHeader()) {
            header(part, line);
            return;
        }
        if (part.isMultipart()) {
            part.looksLikeCalendar |= isCalendar(line.text(200));
        }
    }

    private static boolean isCalendar(String line) {
        return line.stripLeading().toUpperCase(Locale.ROOT).startsWith("BEGIN:VCALENDAR");
    }

    private void header(OpenPart part, MessageLine line) throws UnreadableMailException {
        if (line.isBlank()) {
            endHeader(part, line);
            return;
        }
        if (line.startsWith(' ') || line.startsWith('\t')) {
            part.continueField(line);
        } else {
            part.endField(line.start());
            part.beginField(line);
            if (++fields > MAX_FIELDS) {
                throw new UnreadableMailException("more than " + MAX_FIELDS + " header fields in all parts");
            }
        }
        contentFields += part.keepsField() ? line.end() - line.start() : 0;
        if (contentFields > MAX_CONTENT_FIELDS) {
            throw new UnreadableMailException(
                    "Content-* fields of more than " + MAX_CONTENT_FIELDS + " bytes in all parts");
        }
    }

    private void endHeader(OpenPart part, MessageLine line) throws UnreadableMailException {
        part.endField(line.start());
        part.headerEnd = line.start();
        part.bodyStart = line.end();
        part.outsideStart = line.end();
        part.readType();
        if (!keepsTree) {
            part.fields.clear();
        }
        part.boundaries().forEach(boundary -> boundaries.putIfAbsent(boundary, part));
        if (part.isMessage() && part.encodings.contains(TransferEncoding.IDENTITY)) {
            push(new OpenPart(line.end(), line.end(), MediaType.TEXT, true));
        }
    }
}
