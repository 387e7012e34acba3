package io.relaypod.calendar;

import java.util.Map;
import java.util.Set;

import io.relaypod.mime.Edits.Replacement;
import io.relaypod.mime.Part;

/**
 * The changes to the calendar parts of a message. Other parts stay as they are.
 *
 * @param gone parts that are removed
 * @param texts parts with other text, which stays, each with its new body
 * @param narrowed parts that lose attendees, each with its new body
 * @param noneKept whether no calendar is left, so that the mail may not call itself one
 */
record CalendarEdits(Set<Part> gone, Map<Part, Replacement> texts, Map<Part, Replacement> narrowed, boolean noneKept) {

    /** Keeps its own copies. */
    CalendarEdits {
        gone = Set.copyOf(gone);
        texts = Map.copyOf(texts);
        narrowed = Map.copyOf(narrowed);
    }

    /** Whether the recipient loses the calendar in the part. */
    boolean isLost(Part part) {
        return gone.contains(part) || texts.containsKey(part);
    }
}
