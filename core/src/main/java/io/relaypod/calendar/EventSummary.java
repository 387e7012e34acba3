package io.relaypod.calendar;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;

import com.google.common.base.Utf8;
import io.relaypod.mime.Part;
import org.apache.commons.io.input.ReaderInputStream;

/** The events of a calendar in words: what, when, where, by whom, whether cancelled, and who answered what. */
final class EventSummary {

    /** Replaces a calendar that cannot be read. */
    static final String NEUTRAL =
            "This mail was about an event in a calendar. Its calendar part was taken out on the way.\r\n";

    private EventSummary() {}

    /**
     * Reads a calendar in one pass and the memory of its first events.
     *
     * @param part the calendar's
     * @param calendar its decoded content
     * @return each of its first events in words; empty when there is none that can be read
     */
    static List<String> read(Part part, InputStream calendar) throws IOException {
        Charset charset = CalendarParts.charset(part);
        boolean wide = charset.name().startsWith("UTF-16") || charset.name().startsWith("UTF-32");
        ContentLines lines = new ContentLines(wide ? inUtf8(calendar, charset) : calendar);
        EventSummaryWriter writer = new EventSummaryWriter();
        ComponentTracker components = new ComponentTracker();
        while (lines.next()) {
            components.read(lines);
            if (!components.isInAlarm() && EventSummaryWriter.isOfInterest(lines.name())) {
                writer.property(
                        lines.name(), text(lines.text(), wide ? StandardCharsets.UTF_8 : charset), components.event());
            }
        }
        return writer.inWords();
    }

    private static InputStream inUtf8(InputStream calendar, Charset charset) throws IOException {
        return ReaderInputStream.builder()
                .setReader(new InputStreamReader(calendar, charset))
                .setCharset(StandardCharsets.UTF_8)
                .get();
    }

    /** RFC 5545 section 3.1.4 requires UTF-8. A program that writes another charset mostly writes this one. */
    private static String text(String bytes, Charset charset) {
        byte[] line = bytes.getBytes(StandardCharsets.ISO_8859_1);
        boolean isUtf8 = charset.equals(StandardCharsets.UTF_8) && Utf8.isWellFormed(line);
        return new String(
                line,
                isUtf8
                        ? StandardCharsets.UTF_8
                        : charset.equals(StandardCharsets.UTF_8) ? Charset.forName("windows-1252") : charset);
    }
}
