package io.relaypod.server.doctor;

/**
 * What an examination found. Immutable.
 *
 * @param subject what was examined, in one or two words
 * @param text what was found; for a warning or a fault, the cause
 * @param cure what to do; empty if all is well
 */
public record Finding(String subject, FindingLevel level, String text, String cure) {

    /** How bad it is. */
    public enum FindingLevel {
        OK,
        /** Mail is delivered, but something is not as it should be, or could not be found out. */
        WARNING,
        /** Mail is refused, delayed or lost. */
        FAULT
    }

    static Finding ok(String subject, String text) {
        return new Finding(subject, FindingLevel.OK, text, "");
    }

    static Finding warning(String subject, String cause, String cure) {
        return new Finding(subject, FindingLevel.WARNING, cause, cure);
    }

    static Finding fault(String subject, String cause, String cure) {
        return new Finding(subject, FindingLevel.FAULT, cause, cure);
    }
}
