/**
 * The calendar in a mail: which parts are one, whom they invite, how to take them out or narrow them to some
 * recipients, and what they say in words.
 *
 * <p>Graph sends a mail with calendar content to the people whom the calendar names, whatever the headers say. Plain
 * Java: no James type is known here.
 */
@NullMarked
package io.relaypod.calendar;

import org.jspecify.annotations.NullMarked;
