package io.relaypod.calendar;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import com.google.common.io.ByteStreams;
import com.google.common.io.CountingOutputStream;
import io.relaypod.mime.Edits.Replacement;
import io.relaypod.mime.HeaderField;
import io.relaypod.mime.MediaType;
import io.relaypod.mime.MessageSource;
import io.relaypod.mime.Part;
import io.relaypod.mime.StructureScanner;
import io.relaypod.mime.TransferEncoding;
import io.relaypod.mime.UnreadableMailException;

/** The calendar parts of a message, found in two passes over its bytes and in constant memory. Immutable. */
final class Calendars {

    // An encoded message is read from its beginning for each message inside it (RFC 2045 section 6.4 forbids both).
    // Beyond these bounds it is not read and counts as a calendar.
    private static final int MAX_ENCODED = 10;
    private static final int MAX_ENCODED_DEPTH = 3;
    // To measure the text around a calendar, the message is read from its beginning. Further texts are removed with
    // their calendars.
    private static final int MAX_TEXTS = 10;

    private final MessageSource source;
    private final Part message;
    private final List<Part> parts;
    private final Set<Part> encoded = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<Part> texts = Collections.newSetFromMap(new IdentityHashMap<>());
    private final boolean uuencodedToo;

    private Calendars(MessageSource source, boolean uuencodedToo, int depth)
            throws IOException, UnreadableMailException {
        this.source = source;
        this.uuencodedToo = uuencodedToo;
        this.message = StructureScanner.scan(source);
        List<Part> leaves = new ArrayList<>();
        collectLeaves(message, leaves);
        List<Part> found = new ArrayList<>();
        try (LeafCursor cursor = new LeafCursor(source)) {
            for (Part leaf : leaves) {
                if (isCalendar(leaf, cursor, depth)) {
                    found.add(leaf);
                }
            }
        }
        this.parts = List.copyOf(found);
    }

    /** Reads a calendar part and its decoded content. */
    @FunctionalInterface
    interface ContentReader<T> {
        T read(Part part, InputStream content) throws IOException;
    }

    /**
     * @param uuencodedToo whether plain text is looked through for uuencoded calendars
     * @throws UnreadableMailException if the structure cannot be read
     */
    static Calendars find(MessageSource source, boolean uuencodedToo) throws IOException, UnreadableMailException {
        return new Calendars(source, uuencodedToo, 0);
    }

    private boolean isCalendar(Part leaf, LeafCursor cursor, int depth) throws IOException {
        if (CalendarParts.isDeclared(leaf)) {
            return true;
        }
        if (leaf.isEncodedComposite()) {
            boolean tooMany = encoded.size() == MAX_ENCODED || depth == MAX_ENCODED_DEPTH;
            encoded.add(leaf);
            return tooMany || mayHoldCalendar(leaf, depth + 1);
        }
        return leaf.type().is("text", "plain") && !leaf.isAmbiguous() && !CalendarParts.isTnef(leaf)
                ? isTextWithCalendar(leaf, cursor.content(leaf))
                : holdsCalendar(source, leaf, cursor);
    }

    private boolean isTextWithCalendar(Part leaf, InputStream content) throws IOException {
        CalendarStartDetector start = new CalendarStartDetector(content);
        PastedCalendars.PastedText found =
                PastedCalendars.copyWithout(start, uuencodedToo, OutputStream.nullOutputStream());
        if (found.found() && found.textLeft() && texts.size() < MAX_TEXTS && !growsWithoutCalendar(leaf)) {
            texts.add(leaf);
        }
        return found.found() || start.isCalendar();
    }

    private boolean growsWithoutCalendar(Part text) throws IOException {
        if (text.encoding() == TransferEncoding.IDENTITY) {
            return false;
        }
        try (InputStream in = stored(source, text)) {
            CountingOutputStream rest = new CountingOutputStream(OutputStream.nullOutputStream());
            writeRest(text, in, rest);
            return rest.getCount() > text.end() - text.bodyStart();
        }
    }

    private void writeRest(Part text, InputStream original, OutputStream out) throws IOException {
        text.encoding()
                .recode(
                        original,
                        out,
                        (content, rest) ->
                                PastedCalendars.copyWithout(new BufferedInputStream(content), uuencodedToo, rest));
    }

    private static void collectLeaves(Part part, List<Part> leaves) {
        // One that some readers take for a calendar, and others for a multipart, is a calendar as a whole.
        if (part.children().isEmpty() || part.isAmbiguous() && CalendarParts.isDeclared(part)) {
            leaves.add(part);
            return;
        }
        part.children().forEach(child -> collectLeaves(child, leaves));
    }

    private boolean mayHoldCalendar(Part composite, int depth) throws IOException {
        for (TransferEncoding encoding : composite.encodings()) {
            try {
                Calendars inside = new Calendars(() -> decoded(source, composite, encoding), uuencodedToo, depth);
                if (!inside.isEmpty() || inside.hasCalendarOutsideParts()) {
                    return true;
                }
            } catch (UnreadableMailException nobodyCanTell) {
                return true;
            }
        }
        return false;
    }

    private static boolean holdsCalendar(MessageSource source, Part leaf, LeafCursor cursor) throws IOException {
        if (holdsCalendar(leaf, cursor.content(leaf))) {
            return true;
        }
        for (TransferEncoding other :
                leaf.encodings().subList(1, leaf.encodings().size())) {
            try (InputStream in = stored(source, leaf)) {
                if (holdsCalendar(leaf, other.decode(in))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean holdsCalendar(Part leaf, InputStream content) throws IOException {
        if (CalendarParts.isTnef(leaf)) {
            return CalendarParts.namesMeeting(content);
        }
        return !leaf.types().stream().allMatch(MediaType::isMultipart) && CalendarParts.beginsAsCalendar(content);
    }

    private static boolean hasCalendarOutsideParts(Part part) {
        return !part.calendarsOutsideParts().isEmpty()
                || part.children().stream().anyMatch(Calendars::hasCalendarOutsideParts);
    }

    /** The body of a part as it stands in the message. */
    private static InputStream stored(MessageSource source, Part part) throws IOException {
        return new BufferedInputStream(
                ByteStreams.limit(MessageSource.openAt(part.bodyStart(), source), part.end() - part.bodyStart()));
    }

    /** An encoded message or multipart as the message that it stands for. */
    private static InputStream decoded(MessageSource source, Part part, TransferEncoding encoding) throws IOException {
        InputStream content = encoding.decode(stored(source, part));
        if (part.type().isMessage()) {
            return content;
        }
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        part.fields().stream()
                .filter(field -> field.name().equals("content-type"))
                .map(HeaderField::bytes)
                .forEach(header::writeBytes);
        return new SequenceInputStream(Collections.enumeration(List.of(
                new ByteArrayInputStream(header.toByteArray()),
                new ByteArrayInputStream(new byte[] {'\r', '\n'}),
                content)));
    }

    /** Whether something like a calendar stands where no part is. */
    boolean hasCalendarOutsideParts() {
        return hasCalendarOutsideParts(message);
    }

    /** Whether readers may see another structure, type or encoding than the one that was found. */
    boolean isAmbiguous() {
        return isAmbiguous(message);
    }

    private static boolean isAmbiguous(Part part) {
        return part.isAmbiguous() || part.children().stream().anyMatch(Calendars::isAmbiguous);
    }

    Part message() {
        return message;
    }

    boolean isEmpty() {
        return parts.isEmpty();
    }

    List<Part> parts() {
        return parts;
    }

    /** Reads the calendars that are wanted; those inside an encoded message, and Outlook's, cannot be read. */
    <T> Map<Part, T> read(Predicate<Part> wanted, ContentReader<T> reader) throws IOException {
        Map<Part, T> read = new IdentityHashMap<>();
        List<Part> readable = parts.stream()
                .filter(wanted)
                .filter(part -> !encoded.contains(part) && !CalendarParts.isTnef(part))
                .toList();
        if (readable.isEmpty()) {
            return read;
        }
        try (LeafCursor cursor = new LeafCursor(source)) {
            for (Part part : readable) {
                read.put(part, reader.read(part, cursor.content(part)));
            }
        }
        return read;
    }

    /**
     * @param isRemoved the parts whose calendar is removed
     * @param narrowed the parts that lose attendees, each with its new body
     * @param noneKept whether no calendar is left
     */
    CalendarEdits changes(Predicate<Part> isRemoved, Map<Part, Replacement> narrowed, boolean noneKept) {
        return new CalendarEdits(
                parts.stream()
                        .filter(isRemoved)
                        .filter(part -> !texts.contains(part))
                        .collect(Collectors.toSet()),
                texts.stream()
                        .filter(isRemoved)
                        .collect(Collectors.toMap(
                                part -> part, part -> (original, out) -> writeRest(part, original, out))),
                narrowed,
                noneKept);
    }

    /** Goes through a message once, from leaf to leaf. */
    private static final class LeafCursor implements AutoCloseable {

        private final InputStream in;
        private long at;
        private InputStream body = InputStream.nullInputStream();

        LeafCursor(MessageSource source) throws IOException {
            this.in = source.open();
        }

        InputStream content(Part leaf) throws IOException {
            ByteStreams.exhaust(body);
            ByteStreams.skipFully(in, leaf.bodyStart() - at);
            body = ByteStreams.limit(in, leaf.end() - leaf.bodyStart());
            at = leaf.end();
            return leaf.encoding().decode(new BufferedInputStream(body));
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
