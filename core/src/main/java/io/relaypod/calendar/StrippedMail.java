package io.relaypod.calendar;

import java.io.IOException;
import java.io.OutputStream;

import io.relaypod.mime.Edits;
import io.relaypod.mime.MessageSource;

/**
 * A message without its calendars, or with narrowed ones.
 *
 * @param original the message as it was
 * @param edits what changes in it
 * @param calendars the calendars that were taken out
 * @param narrowed the calendars that lost attendees
 * @param signatures the signatures that were removed because the signed content was changed
 * @param opaque the encrypted or opaque-signed parts, left as they are
 */
public record StrippedMail(
        MessageSource original, Edits edits, int calendars, int narrowed, int signatures, int opaque) {

    /**
     * By how many bytes a changed mail may be longer than it was, beside {@link #MAX_GROWTH_PER_PART}: words, or an
     * encoding that takes more.
     */
    public static final int MAX_GROWTH = 9 * 1024;

    /** By how many bytes more for each of its parts: an attached message that was nothing but a calendar says so. */
    public static final int MAX_GROWTH_PER_PART = 256;

    /**
     * How many parts a changed mail may have more than it had: a summary brings two, and takes the place of one at
     * least.
     */
    public static final int MAX_PARTS_ADDED = 1;

    /** Whether the message is another one than before; if not, keep the one at hand. */
    public boolean isChanged() {
        return !edits.isEmpty();
    }

    public void writeTo(OutputStream out) throws IOException {
        edits.apply(original, out);
    }
}
