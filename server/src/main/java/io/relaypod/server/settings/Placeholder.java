package io.relaypod.server.settings;

import java.util.regex.Pattern;

import io.relaypod.configuration.ConfigurationProblem;

/** The word that an admin has to replace in the files that come with relaypod. Stateless. */
public final class Placeholder {

    private static final String LEFT_IN = " still has the placeholder CHANGE-ME";
    private static final String CURE = "replace it with your own value";

    private static final Pattern WORD = Pattern.compile("(?<![A-Za-z0-9])CHANGE[-_]?ME(?![A-Za-z0-9])");

    private Placeholder() {}

    public static boolean isIn(String text) {
        return WORD.matcher(text).find();
    }

    /** The problem of a place with the placeholder. */
    public static ConfigurationProblem problem(ConfigurationProblem place) {
        return place.then(LEFT_IN).cure(CURE);
    }

    /** The reason for a file with the placeholder. */
    static String inFile() {
        return "it" + LEFT_IN + "; " + CURE;
    }
}
