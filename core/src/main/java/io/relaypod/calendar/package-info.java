/**
 * The calendars of a message: finding them, removing them, narrowing them to recipients, and writing their events in
 * words.
 *
 * <p>Graph delivers a message with a calendar to the attendees of the calendar, whatever the headers say. Plain Java:
 * this package does not use James.
 */
@NullMarked
package io.relaypod.calendar;

import org.jspecify.annotations.NullMarked;
