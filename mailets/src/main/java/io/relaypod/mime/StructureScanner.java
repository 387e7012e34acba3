package io.relaypod.mime;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the parts of a message in one pass over its lines, in time linear in its size and memory bounded by its structure.
 *
 * <pre>{@code
 * Part message = StructureScanner.scan(source);
 * }</pre>
 *
 * <p>Lenient where readers differ: a part is found when any of them could find it. So a line without a colon does not end a header,
 * and parts behind a closing delimiter count.
 */
public final class StructureScanner {

    // Mails of people have depth 4 and 20 parts; what is beyond these bounds was made to hurt.
    static final int MAX_DEPTH = 100;
    static final int MAX_PARTS = 10_000;
    private static final int MAX_HEADER_MEMORY = 2 * 1024 * 1024;
    private static final int MEMORY_OF_A_FIELD = 100;
    private static final int MAX_NAME = 100;

    private final LineReader lines;
    private final List<OpenPart> open = new ArrayList<>();
    private final Map<String, OpenPart> boundaries = new HashMap<>();
    private int parts;
    private long headerMemory;

    private StructureScanner(InputStream in) {
        this.lines = new LineReader(in);
    }

    /**
     * @return the message
     * @throws UnreadableMailException when it is nested too deep, has too many parts, or contradicts itself
     */
    public static Part scan(MessageSource source) throws IOException, UnreadableMailException {
        try (InputStream in = source.open()) {
            return new StructureScanner(in).scan();
        }
    }

    private Part scan() throws IOException, UnreadableMailException {
        OpenPart root = push(new OpenPart(0, 0, MediaType.TEXT, true));
        while (lines.next()) {
            if (!lines.startsWithDashes() || !delimiter()) {
                line();
            }
        }
        closeTo(0, lines.end());
        return root.closed(lines.end());
    }

    private OpenPart push(OpenPart part) throws UnreadableMailException {
        if (open.size() == MAX_DEPTH) {
            throw new UnreadableMailException("parts are nested more than " + MAX_DEPTH + " deep");
        }
        if (++parts > MAX_PARTS) {
            throw new UnreadableMailException("more than " + MAX_PARTS + " parts");
        }
        open.add(part);
        return part;
    }

    private OpenPart innermost() {
        return open.get(open.size() - 1);
    }

    /** Closes every part deeper than {@code depth}. */
    private void closeTo(int depth, long end) throws UnreadableMailException {
        while (open.size() > depth) {
            OpenPart part = open.remove(open.size() - 1);
            part.endField(end);
            part.endStray(end);
            part.boundary().ifPresent(boundary -> boundaries.remove(boundary, part));
            // A header without an empty line behind it was not looked at yet; nothing can be inside.
            if (part.bodyStart < 0) {
                part.readType();
            }
            if (!open.isEmpty()) {
                innermost().children.add(part.closed(end));
            }
        }
    }

    private boolean delimiter() throws UnreadableMailException {
        if (boundaries.isEmpty() || lines.isCut()) {
            return false;
        }
        String text = lines.text().stripTrailing().substring(2);
        OpenPart parent = boundaries.get(text);
        boolean last = parent == null && text.endsWith("--");
        if (last) {
            parent = boundaries.get(text.substring(0, text.length() - 2));
        }
        if (parent == null) {
            return false;
        }
        closeTo(open.indexOf(parent) + 1, lines.start());
        parent.endStray(lines.start());
        if (last) {
            parent.strayStart = lines.end();
        } else {
            MediaType byDefault = parent.type.sub().equals("digest") ? MediaType.MESSAGE : MediaType.TEXT;
            push(new OpenPart(lines.start(), lines.end(), byDefault, false));
        }
        return true;
    }

    private void line() throws UnreadableMailException {
        OpenPart part = innermost();
        if (part.bodyStart < 0) {
            headerLine(part);
        } else if (part.type.isMultipart()) {
            part.looksLikeCalendar |= isCalendar(lines.text(200));
        }
    }

    private static boolean isCalendar(String line) {
        return line.stripLeading().toUpperCase(Locale.ROOT).startsWith("BEGIN:VCALENDAR");
    }

    private void headerLine(OpenPart part) throws UnreadableMailException {
        if (lines.isBlank()) {
            part.endField(lines.start());
            part.headerEnd = lines.start();
            part.bodyStart = lines.end();
            part.strayStart = lines.end();
            part.readType();
            enter(part);
        } else if (lines.startsWith(' ') || lines.startsWith('\t')) {
            part.continueField(lines);
        } else {
            part.endField(lines.start());
            String name = HeaderField.nameOf(lines.text(MAX_NAME));
            part.beginField(name, lines);
            headerMemory += MEMORY_OF_A_FIELD;
        }
        headerMemory += part.keepsField() ? lines.end() - lines.start() : 0;
        if (headerMemory > MAX_HEADER_MEMORY) {
            throw new UnreadableMailException("headers too large");
        }
    }

    private void enter(OpenPart part) throws UnreadableMailException {
        part.boundary().ifPresent(boundary -> boundaries.putIfAbsent(boundary, part));
        if (part.type.isMessage() && part.encoding() == TransferEncoding.IDENTITY) {
            push(new OpenPart(lines.end(), lines.end(), MediaType.TEXT, true));
        }
    }

    /** A part whose end is not reached yet. */
    static final class OpenPart {

        final long delimiterStart;
        final long headerStart;
        final boolean message;
        final List<HeaderField> fields = new ArrayList<>();
        final List<Part> children = new ArrayList<>();
        final List<Part.Range> strayCalendars = new ArrayList<>();
        MediaType type;
        long headerEnd = -1;
        long bodyStart = -1;

        private long strayStart = -1;
        private boolean looksLikeCalendar;
        private String fieldName = "";
        private long fieldStart = -1;
        private final StringBuilder field = new StringBuilder();

        OpenPart(long delimiterStart, long headerStart, MediaType type, boolean message) {
            this.delimiterStart = delimiterStart;
            this.headerStart = headerStart;
            this.type = type;
            this.message = message;
        }

        boolean keepsField() {
            return fieldName.startsWith("content-");
        }

        void beginField(String name, LineReader lines) throws UnreadableMailException {
            fieldName = name;
            fieldStart = lines.start();
            continueField(lines);
        }

        void continueField(LineReader lines) throws UnreadableMailException {
            if (keepsField()) {
                field.append(lines.text());
                if (lines.isCut() || field.length() > LineReader.KEPT) {
                    throw new UnreadableMailException("a " + fieldName + " field of more than " + LineReader.KEPT + " bytes");
                }
            }
        }

        void endField(long end) {
            if (bodyStart < 0 && fieldStart >= 0) {
                fields.add(new HeaderField(fieldName, fieldStart, end, field.toString()));
            }
            fieldStart = -1;
            fieldName = "";
            field.setLength(0);
        }

        void readType() throws UnreadableMailException {
            List<MediaType> types = fields.stream()
                .filter(field -> field.name().equals("content-type"))
                .map(MediaType::of)
                .distinct()
                .toList();
            if (types.size() > 1 && types.stream().anyMatch(each -> each.isMultipart() || each.isMessage())) {
                throw new UnreadableMailException("two Content-Type fields that contradict each other");
            }
            if (!types.isEmpty()) {
                type = types.get(0);
            }
        }

        Optional<String> boundary() {
            return type.isMultipart() ? type.boundary() : Optional.empty();
        }

        TransferEncoding encoding() {
            return fields.stream()
                .filter(field -> field.name().equals("content-transfer-encoding"))
                .findFirst()
                .map(field -> TransferEncoding.of(field.value()))
                .orElse(TransferEncoding.IDENTITY);
        }

        void endStray(long end) {
            if (looksLikeCalendar) {
                strayCalendars.add(new Part.Range(strayStart, end));
            }
            looksLikeCalendar = false;
        }

        Part closed(long end) {
            return new Part(this, end);
        }
    }
}
