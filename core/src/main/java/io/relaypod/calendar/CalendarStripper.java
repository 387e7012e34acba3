package io.relaypod.calendar;

import java.io.IOException;
import java.util.Map;

import io.relaypod.mime.MessageSource;
import io.relaypod.mime.UnreadableMailException;

/**
 * Removes all calendar content from a message. All other bytes stay as they are.
 *
 * <pre>{@code
 * StrippedMail stripped = new CalendarStripper(false).strip(() -> Files.newInputStream(mail));
 * }</pre>
 *
 * <p>A multipart left without parts is removed too. A message that was only a calendar becomes a text with the event in
 * words. A signature over a changed part is removed, because it would be invalid; the part stays. Thread-safe.
 */
public final class CalendarStripper {

    private final boolean summaryBesideText;

    /** @param summaryBesideText whether the event is added in words even if other text is left */
    public CalendarStripper(boolean summaryBesideText) {
        this.summaryBesideText = summaryBesideText;
    }

    /** @throws UnreadableMailException if the structure cannot be read, so that the message must not be delivered */
    public StrippedMail strip(MessageSource mail) throws IOException, UnreadableMailException {
        Calendars calendars = Calendars.find(mail, true);
        return new CalendarRemoval(calendars, calendars.changes(part -> true, Map.of(), true), summaryBesideText)
                .of(mail);
    }
}
