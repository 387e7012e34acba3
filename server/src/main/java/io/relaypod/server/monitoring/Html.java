package io.relaypod.server.monitoring;

import java.util.regex.Pattern;

import com.google.common.html.HtmlEscapers;

/** Text on its way into HTML. */
public final class Html {

    // Control characters, and those that turn the direction of what follows or do not show.
    private static final Pattern INVISIBLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cn}\\p{Cs}\\u2028\\u2029]");

    private Html() {}

    /**
     * What may have come from anybody, as text or as a quoted attribute's value: it shows as it was written and does
     * nothing.
     */
    public static String text(String untrusted) {
        return HtmlEscapers.htmlEscaper().escape(INVISIBLE.matcher(untrusted).replaceAll("\uFFFD"));
    }
}
