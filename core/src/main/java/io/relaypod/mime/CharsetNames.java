package io.relaypod.mime;

import java.nio.charset.Charset;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The charsets of this JVM by name. {@link Charset#forName} searches all providers again for each unknown name that a
 * mail makes up.
 */
public final class CharsetNames {

    private static final int LONGEST_NAME = 40;
    private static final Map<String, Charset> KNOWN = known();

    private CharsetNames() {}

    private static Map<String, Charset> known() {
        Map<String, Charset> known = new HashMap<>();
        Charset.availableCharsets().values().forEach(charset -> {
            known.put(charset.name().toLowerCase(Locale.ROOT), charset);
            charset.aliases().forEach(alias -> known.put(alias.toLowerCase(Locale.ROOT), charset));
        });
        return Map.copyOf(known);
    }

    /** @return the charset, or empty when this JVM has none of that name */
    public static Optional<Charset> find(String name) {
        return name.length() > LONGEST_NAME
                ? Optional.empty()
                : Optional.ofNullable(KNOWN.get(name.toLowerCase(Locale.ROOT)));
    }
}
