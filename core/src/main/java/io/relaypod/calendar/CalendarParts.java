package io.relaypod.calendar;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.google.common.base.Ascii;
import io.relaypod.mime.CharsetNames;
import io.relaypod.mime.EncodedWords;
import io.relaypod.mime.HeaderField;
import io.relaypod.mime.MediaType;
import io.relaypod.mime.Part;

/** Recognizes calendar parts, by their declared type or by their content. */
final class CalendarParts {

    private static final Set<String> SUBTYPES =
            Set.of("calendar", "ics", "ical", "icalendar", "vcalendar", "vcs", "ifb");
    private static final Pattern PREFIX = Pattern.compile("^(x-|vnd\\.)+");
    // Some systems cut blanks and dots at the end of a name off.
    private static final Pattern CALENDAR_FILE =
            Pattern.compile(".*\\.(ics|ical|icalendar|ifb|vcs)[\\s.\"']*", Pattern.DOTALL);
    private static final Pattern TNEF_FILE = Pattern.compile("winmail\\.dat|.*\\.tnef", Pattern.DOTALL);

    // [MS-OXCMAIL] 2.2.3: the classes of meeting requests, answers, cancellations, in their two spellings.
    private static final List<String> MEETING_CLASSES =
            List.of("IPM.SCHEDULE.MEETING", "IPM.MICROSOFT SCHEDULE.MTG", "IPM.APPOINTMENT");

    private CalendarParts() {}

    /** Whether the part says of itself that it is a calendar, by its type or by the name of its file. */
    static boolean isDeclared(Part part) {
        return part.types().stream().anyMatch(CalendarParts::isCalendar)
                || fileNames(part).anyMatch(name -> CALENDAR_FILE.matcher(name).matches());
    }

    private static boolean isCalendar(MediaType type) {
        String sub = PREFIX.matcher(type.sub()).replaceAll("");
        int suffix = sub.indexOf('+');
        return SUBTYPES.contains(suffix < 0 ? sub : sub.substring(0, suffix));
    }

    /** Whether a file of that name is a calendar. */
    static boolean isCalendarFile(String name) {
        return CALENDAR_FILE.matcher(name.toLowerCase(Locale.ROOT)).matches();
    }

    /** Whether the part is Outlook's own container, which may hold a meeting. */
    static boolean isTnef(Part part) {
        return part.types().stream().anyMatch(type -> type.sub().endsWith("ms-tnef"))
                || fileNames(part).anyMatch(name -> TNEF_FILE.matcher(name).matches());
    }

    /** Whether the part is declared as encrypted or opaque-signed. */
    static boolean isEncryptedOrOpaque(Part part) {
        return part.type().is("multipart", "encrypted")
                || part.type().is("application", "pkcs7-mime", "x-pkcs7-mime", "pgp-encrypted");
    }

    /** Whether the field says that the mail is a meeting. */
    static boolean isCalendarClass(HeaderField field) {
        return field.name().equals("content-class")
                && Ascii.toLowerCase(field.value()).contains("calendarmessage");
    }

    /**
     * The names that the part's fields give its file, in lower case, in every reading that a mail program may have of
     * them.
     */
    private static Stream<String> fileNames(Part part) {
        return part.fields().stream()
                .filter(field ->
                        field.name().equals("content-type") || field.name().equals("content-disposition"))
                .flatMap(field ->
                        Stream.of("name", "filename").flatMap(parameter -> field.parameters(parameter).stream()))
                .flatMap(name -> Stream.of(name, EncodedWords.decode(name)))
                .map(name -> name.toLowerCase(Locale.ROOT));
    }

    /** The charset that the part says its text is in; UTF-8 when it says none that exists (RFC 5545 section 3.1.4). */
    static Charset charset(Part part) {
        return part.field("content-type").stream()
                .flatMap(field -> field.parameters("charset").stream())
                .flatMap(name -> CharsetNames.find(name.strip()).stream())
                .findFirst()
                .orElse(StandardCharsets.UTF_8);
    }

    /** Whether the content begins like a calendar, after blanks or a byte order mark; UTF-16 and UTF-32 count too. */
    static boolean beginsAsCalendar(InputStream content) throws IOException {
        CalendarStartDetector start = new CalendarStartDetector(content);
        while (!start.isKnown()) {
            if (start.read() < 0) {
                break;
            }
        }
        return start.isCalendar();
    }

    /**
     * Whether the content names a message class of meetings anywhere: the container's own, or that of a mail attached
     * in it.
     */
    static boolean namesMeeting(InputStream content) throws IOException {
        int longest = MEETING_CLASSES.stream().mapToInt(String::length).max().orElse(0);
        StringBuilder window = new StringBuilder();
        for (int next = content.read(); next >= 0; next = content.read()) {
            // The zeros of UTF-16.
            if (next != 0) {
                window.append(Ascii.toUpperCase((char) next));
            }
            if (window.length() == 64 * longest) {
                if (MEETING_CLASSES.stream().anyMatch(each -> window.indexOf(each) >= 0)) {
                    return true;
                }
                window.delete(0, window.length() - longest);
            }
        }
        return MEETING_CLASSES.stream().anyMatch(each -> window.indexOf(each) >= 0);
    }
}
