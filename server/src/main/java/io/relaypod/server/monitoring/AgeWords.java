package io.relaypod.server.monitoring;

import java.time.Duration;
import java.time.Instant;

/** Formats ages for people, with one unit. Stateless. */
final class AgeWords {

    private AgeWords() {}

    /** Such as {@code 5 min ago}. */
    static String ago(Instant when, Instant now) {
        Duration age = Duration.between(when, now);
        return age.toSeconds() < 2 ? "just now" : of(age) + " ago";
    }

    /** Such as {@code 5 min}. */
    static String of(Duration time) {
        if (time.toSeconds() < 60) {
            return Math.max(0, time.toSeconds()) + " s";
        }
        if (time.toMinutes() < 60) {
            return time.toMinutes() + " min";
        }
        return time.toHours() < 48 ? time.toHours() + " h" : time.toDays() + " days";
    }
}
