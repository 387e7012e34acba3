package io.relaypod.graph;

/**
 * A line of the table of failures. Immutable.
 *
 * @param name Graph's or Entra's own code; with {@code *} at its end, every code that begins so
 * @param code kind of the failure
 * @param cause in a sentence
 * @param cure what an administrator does, in a sentence
 */
public record KnownGraphError(String name, GraphCode code, String cause, String cure) {

    boolean matches(String other) {
        return name.endsWith("*")
                ? other.regionMatches(true, 0, name, 0, name.length() - 1)
                : other.equalsIgnoreCase(name);
    }
}
