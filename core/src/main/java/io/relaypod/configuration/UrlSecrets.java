package io.relaypod.configuration;

import java.util.regex.Pattern;

/** Hides the secrets of URLs in what is shown: the user information, and parameters with a secret. Stateless. */
public final class UrlSecrets {

    // A URL in place of a path has one slash.
    private static final Pattern USER_INFO = Pattern.compile("(?<=:/|//)[^/@\\s]*(?=@)");
    private static final Pattern SECRET_PARAMETER = Pattern.compile("(?i)((?:password|secret|token)=)[^&;,\\s]*");
    private static final String MASK = "***";

    private UrlSecrets() {}

    /** The text with {@code ***} in place of each secret. */
    public static String masked(String text) {
        return SECRET_PARAMETER
                .matcher(USER_INFO.matcher(text).replaceAll(MASK))
                .replaceAll("$1" + MASK);
    }
}
