package io.relaypod.server.settings;

import java.util.regex.Pattern;

/** The word that stands for a value of the admin's own in the files that come with relaypod. Stateless. */
public final class Placeholder {

    /** To be put behind a place. */
    public static final String LEFT_IN = "still has the placeholder CHANGE-ME; replace it with your own value";

    private static final Pattern WORD = Pattern.compile("(?<![A-Za-z0-9])CHANGE[-_]?ME(?![A-Za-z0-9])");

    private Placeholder() {}

    public static boolean isIn(String text) {
        return WORD.matcher(text).find();
    }
}
