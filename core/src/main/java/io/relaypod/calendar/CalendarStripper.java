package io.relaypod.calendar;

import java.io.IOException;
import java.util.Map;

import io.relaypod.mime.MessageSource;
import io.relaypod.mime.UnreadableMailException;

/**
 * Takes all calendar content out of a mail, and leaves every other byte as it was.
 *
 * <pre>{@code
 * StrippedMail stripped = new CalendarStripper(false).strip(() -> Files.newInputStream(mail));
 * }</pre>
 *
 * <p>A multipart left without parts goes too. A message that was nothing but a calendar says the event in words
 * instead. Where a part was signed, the part stays and the signature, which would not hold, goes. Thread-safe.
 */
public final class CalendarStripper {

    private final boolean summaryBesideText;

    /** @param summaryBesideText whether the event is put in words also where other text is left */
    public CalendarStripper(boolean summaryBesideText) {
        this.summaryBesideText = summaryBesideText;
    }

    /** @throws UnreadableMailException when nobody can say what is in the mail: then no part of it may be delivered */
    public StrippedMail strip(MessageSource mail) throws IOException, UnreadableMailException {
        Calendars calendars = Calendars.find(mail, true);
        return new CalendarRemoval(calendars, calendars.fates(part -> true, Map.of(), true), summaryBesideText)
                .of(mail);
    }
}
