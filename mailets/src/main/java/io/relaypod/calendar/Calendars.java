package io.relaypod.calendar;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
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

    // An encoded message is read from its beginning for each that is inside; RFC 2045 6.4 forbids them anyway. What is beyond these
    // bounds is not looked into and counts as a calendar.
    private static final int MAX_ENCODED = 10;
    private static final int MAX_ENCODED_DEPTH = 3;

    private final MessageSource source;
    private final Part message;
    private final List<Part> parts;
    private final Set<Part> encoded;

    private Calendars(MessageSource source, Part message, List<Part> parts, Set<Part> encoded) {
        this.source = source;
        this.message = message;
        this.parts = List.copyOf(parts);
        this.encoded = encoded;
    }

    /** What is made of a calendar part and its decoded content. */
    @FunctionalInterface
    interface Reader<T> {
        T read(Part part, InputStream content) throws IOException;
    }

    /**
     * @throws UnreadableMailException when nobody can say whether there is a calendar in it
     */
    static Calendars find(MessageSource source) throws IOException, UnreadableMailException {
        return find(source, 0);
    }

    private static Calendars find(MessageSource source, int depth) throws IOException, UnreadableMailException {
        Part message = StructureScanner.scan(source);
        List<Part> leaves = new ArrayList<>();
        collectLeaves(message, leaves);
        List<Part> calendars = new ArrayList<>();
        Set<Part> encoded = Collections.newSetFromMap(new IdentityHashMap<>());
        try (Walk walk = new Walk(source)) {
            for (Part leaf : leaves) {
                if (CalendarParts.isDeclared(leaf)) {
                    calendars.add(leaf);
                } else if (leaf.isEncodedComposite()) {
                    boolean tooMany = encoded.size() == MAX_ENCODED || depth == MAX_ENCODED_DEPTH;
                    encoded.add(leaf);
                    if (tooMany || mayHoldCalendar(source, leaf, depth + 1)) {
                        calendars.add(leaf);
                    }
                } else if (holdsCalendar(source, leaf, walk)) {
                    calendars.add(leaf);
                }
            }
        }
        return new Calendars(source, message, calendars, encoded);
    }

    private static void collectLeaves(Part part, List<Part> leaves) {
        // One that some readers take for a calendar, and others for a multipart, is a calendar as a whole.
        if (part.children().isEmpty() || part.isAmbiguous() && CalendarParts.isDeclared(part)) {
            leaves.add(part);
            return;
        }
        part.children().forEach(child -> collectLeaves(child, leaves));
    }

    private static boolean mayHoldCalendar(MessageSource source, Part composite, int depth) throws IOException {
        for (TransferEncoding encoding : composite.encodings()) {
            try {
                Calendars inside = find(() -> decoded(source, composite, encoding), depth);
                if (!inside.isEmpty() || inside.hasStray()) {
                    return true;
                }
            } catch (UnreadableMailException nobodyCanTell) {
                return true;
            }
        }
        return false;
    }

    private static boolean holdsCalendar(MessageSource source, Part leaf, Walk walk) throws IOException {
        if (holdsCalendar(leaf, walk.content(leaf))) {
            return true;
        }
        for (TransferEncoding other : leaf.encodings().subList(1, leaf.encodings().size())) {
            try (InputStream in = source.open()) {
                ByteStreams.skipFully(in, leaf.bodyStart());
                if (holdsCalendar(leaf, other.decode(new BufferedInputStream(ByteStreams.limit(in, leaf.end() - leaf.bodyStart()))))) {
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

    private static boolean hasStray(Part part) {
        return !part.strayCalendars().isEmpty() || part.children().stream().anyMatch(Calendars::hasStray);
    }

    /** An encoded message or multipart as the message that it stands for. */
    private static InputStream decoded(MessageSource source, Part part, TransferEncoding encoding) throws IOException {
        InputStream in = source.open();
        ByteStreams.skipFully(in, part.bodyStart());
        InputStream content = encoding.decode(new BufferedInputStream(ByteStreams.limit(in, part.end() - part.bodyStart())));
        if (part.type().isMessage()) {
            return content;
        }
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        part.fields().stream().filter(field -> field.name().equals("content-type")).map(HeaderField::bytes).forEach(header::writeBytes);
        return new SequenceInputStream(Collections.enumeration(List.of(new ByteArrayInputStream(header.toByteArray()),
            new ByteArrayInputStream(new byte[] {'\r', '\n'}), content)));
    }

    /** Whether something like a calendar stands where no part is. */
    boolean hasStray() {
        return hasStray(message);
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
    <T> Map<Part, T> read(Predicate<Part> wanted, Reader<T> reader) throws IOException {
        Map<Part, T> read = new IdentityHashMap<>();
        List<Part> readable = parts.stream().filter(wanted).filter(part -> !encoded.contains(part) && !CalendarParts.isTnef(part)).toList();
        if (readable.isEmpty()) {
            return read;
        }
        try (Walk walk = new Walk(source)) {
            for (Part part : readable) {
                read.put(part, reader.read(part, walk.content(part)));
            }
        }
        return read;
    }

    /**
     * @param goes      of which parts the recipient loses the calendar
     * @param narrowed  the parts that lose attendees, each with its new body
     * @param noneStays whether no calendar is left
     */
    CalendarFates fates(Predicate<Part> goes, Map<Part, Replacement> narrowed, boolean noneStays) {
        return new CalendarFates(parts.stream().filter(goes).collect(Collectors.toSet()), Map.of(), narrowed, noneStays);
    }

    /** Goes through a message once, from leaf to leaf. */
    private static final class Walk implements AutoCloseable {

        private final InputStream in;
        private long at;
        private InputStream body = InputStream.nullInputStream();

        Walk(MessageSource source) throws IOException {
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
