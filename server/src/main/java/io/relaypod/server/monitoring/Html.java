package io.relaypod.server.monitoring;

import java.util.regex.Pattern;

import com.google.common.html.HtmlEscapers;

/** Escapes text for HTML. */
public final class Html {

    // Control characters, invisible ones, and those that change the direction of text.
    private static final Pattern INVISIBLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cn}\\p{Cs}\\u2028\\u2029]");

    private Html() {}

    /**
     * Escapes untrusted text for use as text or as the value of a quoted attribute. Characters that are invisible or
     * change the direction of text are replaced.
     */
    public static String text(String untrusted) {
        return HtmlEscapers.htmlEscaper().escape(INVISIBLE.matcher(untrusted).replaceAll("\uFFFD"));
    }
}
