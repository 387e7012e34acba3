package io.relaypod.calendar;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderField;
import io.relaypod.mime.MessageSource;
import io.relaypod.mime.Part;
import io.relaypod.mime.TransferEncoding;

/** Removes or narrows the calendars of one message, part by part from the inside out. For one use. */
final class CalendarRemoval {

    // Of all events of a mail, as they are encoded: dozens of events as people write them.
    private static final int MAX_WORDS = 8 * 1024;
    // Chars to read at most: the same event often stands in several calendars of a message.
    private static final int MAX_WORDS_READ = 8 * MAX_WORDS;

    private final Calendars calendars;
    private final CalendarEdits changes;
    private final boolean summaryBesideText;
    private final Set<Part> said = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Edits edits = new Edits();
    private Map<Part, List<String>> words = Map.of();
    private int removed;
    private int narrowed;
    private int signatures;
    private int opaque;
    private int roomForWords = MAX_WORDS;
    private int roomToRead = MAX_WORDS_READ;

    /** @param summaryBesideText whether the event is added in words even if other text is left */
    CalendarRemoval(Calendars calendars, CalendarEdits changes, boolean summaryBesideText) {
        this.calendars = calendars;
        this.changes = changes;
        this.summaryBesideText = summaryBesideText;
    }

    StrippedMail of(MessageSource mail) throws IOException {
        words = calendars.read(changes::isLost, this::read);
        Part message = calendars.message();
        boolean replaced = message(message);
        if (summaryBesideText && !replaced && !said.containsAll(lost())) {
            addSummary(message);
        }
        return new StrippedMail(mail, edits, removed, narrowed, signatures, opaque);
    }

    private List<String> read(Part calendar, InputStream content) throws IOException {
        if (roomToRead <= 0) {
            return List.of();
        }
        List<String> events = EventSummary.read(calendar, content);
        roomToRead -= events.stream().mapToInt(String::length).sum();
        return events;
    }

    private List<Part> lost() {
        return calendars.parts().stream().filter(changes::isLost).toList();
    }

    /** @return whether nothing was left of the message and words took its place */
    private boolean message(Part message) throws IOException {
        boolean gone = isGone(message);
        if (gone) {
            replaceByWords(message);
        }
        return gone;
    }

    /** @return whether nothing is left of the part */
    private boolean isGone(Part part) throws IOException {
        if (changes.noneKept()) {
            part.fields().stream().filter(CalendarParts::isCalendarClass).forEach(this::delete);
        }
        part.calendarsOutsideParts().forEach(outside -> edits.delete(outside.start(), outside.end()));
        removed += part.calendarsOutsideParts().size();
        if (changes.gone().contains(part)) {
            removed++;
            return true;
        }
        replaceBody(part);
        if (part.type().isMessage()) {
            for (Part inner : part.children()) {
                message(inner);
            }
            return false;
        }
        int before = edits.count();
        int opaqueBefore = opaque;
        boolean gone = part.type().isMultipart() && isMultipartGone(part);
        if (CalendarParts.isEncryptedOrOpaque(part) && edits.count() == before) {
            opaque = opaqueBefore + 1;
        }
        return gone;
    }

    private void replaceBody(Part part) {
        Optional.ofNullable(changes.texts().get(part)).ifPresent(rest -> {
            removed++;
            edits.replace(part.bodyStart(), part.end(), rest);
        });
        Optional.ofNullable(changes.narrowed().get(part)).ifPresent(calendar -> {
            narrowed++;
            edits.replace(part.bodyStart(), part.end(), calendar);
        });
    }

    private boolean isMultipartGone(Part part) throws IOException {
        int before = edits.count();
        int left = 0;
        boolean contentGone = false;
        for (Part child : part.children()) {
            if (isGone(child)) {
                contentGone |= child == part.children().get(0);
                edits.delete(child.delimiterStart(), child.end());
            } else {
                left++;
            }
        }
        boolean changed = edits.count() > before;
        if (changed && Signatures.isSigned(part)) {
            signatures++;
            if (!contentGone) {
                Signatures.unwrap(part, edits);
            }
            return contentGone;
        }
        return left == 0 && (changed || !part.calendarsOutsideParts().isEmpty());
    }

    private void delete(HeaderField field) {
        edits.delete(field.start(), field.end());
    }

    private void replaceByWords(Part message) throws IOException {
        byte[] text = wordsFor(message);
        message.fields().stream().filter(Signatures::isContentField).forEach(this::delete);
        edits.insert(message.headerEnd(), mimeVersion(message) + textHeader() + (message.hasBody() ? "" : "\r\n"));
        edits.replace(message.bodyStart(), message.end(), (original, out) -> out.write(text));
    }

    private static String textHeader() {
        return "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n";
    }

    private static String mimeVersion(Part message) {
        return message.field("mime-version").isPresent() ? "" : "MIME-Version: 1.0\r\n";
    }

    /** The events of the part's calendars that are not in words yet, each once, as far as there is room. */
    private byte[] wordsFor(Part part) throws IOException {
        List<Part> inside = lost().stream()
                .filter(calendar -> part.headerStart() <= calendar.headerStart() && calendar.end() <= part.end())
                .filter(said::add)
                .toList();
        List<String> events = inside.stream()
                .flatMap(calendar -> words.getOrDefault(calendar, List.of()).stream())
                .distinct()
                .toList();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (String event : events) {
            byte[] encoded = TransferEncoding.quotedPrintable((text.size() == 0 ? "" : "\r\n") + event);
            if (encoded.length <= roomForWords) {
                roomForWords -= encoded.length;
                text.writeBytes(encoded);
            }
        }
        return text.size() == 0 ? TransferEncoding.quotedPrintable(EventSummary.NEUTRAL) : text.toByteArray();
    }

    /** Wraps what is left of the message into a multipart/mixed, with the words behind it. */
    private void addSummary(Part message) throws IOException {
        String boundary = "relaypod-" + UUID.randomUUID();
        String delimiter = "--" + boundary + "\r\n";
        Part content = message;
        String contentFields = message.fields().stream()
                .filter(field -> Signatures.isContentField(field) && !CalendarParts.isCalendarClass(field))
                .map(HeaderField::raw)
                .collect(Collectors.joining());
        String header = mimeVersion(message) + "Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n";
        if (signatures > 0 && Signatures.isSigned(message)) {
            // The signed part brings its own header along.
            content = message.children().get(0);
            edits.insert(message.headerEnd(), header + "\r\n" + delimiter);
        } else {
            message.fields().stream().filter(Signatures::isContentField).forEach(this::delete);
            edits.insert(message.headerEnd(), header);
            edits.insert(message.bodyStart(), (message.hasBody() ? "" : "\r\n") + delimiter + contentFields + "\r\n");
        }
        edits.insert(
                content.end(),
                "\r\n" + delimiter + textHeader() + "Content-Disposition: inline\r\n\r\n"
                        + new String(wordsFor(message), StandardCharsets.ISO_8859_1) + "\r\n--" + boundary + "--\r\n");
    }
}
