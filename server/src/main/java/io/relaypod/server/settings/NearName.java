package io.relaypod.server.settings;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import com.google.common.base.Splitter;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Finds the known name that a misspelt name probably stands for. Stateless. */
public final class NearName {

    private static final Pattern SEPARATORS = Pattern.compile("[-._]");
    // One letter in five may be wrong. A shorter name may be the beginning of any other.
    private static final int LETTERS_A_SLIP = 5;
    private static final int MOST_SLIPS = 3;
    private static final int SHORTEST_BEGINNING = 6;

    private NearName() {}

    /**
     * The known name that differs least: in upper and lower case, in separators, in a few letters, or in its end.
     *
     * @return empty if none is near
     */
    public static Optional<String> of(String name, Collection<String> known) {
        return known.stream()
                .filter(each -> distance(name, each) <= MOST_SLIPS)
                .min(Comparator.comparingInt((String each) -> distance(name, each))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** The near name as a question; empty if none is near. */
    public static String question(String name, Collection<String> known) {
        return of(name, known).map(near -> "did you mean " + near + "?").orElse("");
    }

    private static int distance(String name, String known) {
        String one = lowerCase(name);
        String other = lowerCase(known);
        int slips =
                Math.min(MOST_SLIPS, (Math.max(one.length(), other.length()) + LETTERS_A_SLIP - 1) / LETTERS_A_SLIP);
        int edits = new LevenshteinDistance(slips).apply(one.replace("_", ""), other.replace("_", ""));
        if (edits >= 0 && haveNearWords(one, other)) {
            return edits;
        }
        return isBeginning(one, other) || isBeginning(other, one) ? MOST_SLIPS : MOST_SLIPS + 1;
    }

    /** Whether each word is near the other name's: UPSTREAM_TLS is not near UPSTREAM_HOST. Word counts may differ. */
    private static boolean haveNearWords(String one, String other) {
        List<String> words = Splitter.on('_').splitToList(one);
        List<String> others = Splitter.on('_').splitToList(other);
        return words.size() != others.size()
                || IntStream.range(0, words.size())
                        .allMatch(i -> new LevenshteinDistance((words.get(i).length() + 1) / 2)
                                        .apply(words.get(i), others.get(i))
                                >= 0);
    }

    /** Whether the longer name only continues the last word of the shorter one, as in DATA_DIR and DATA_DIRECTORY. */
    private static boolean isBeginning(String shorter, String longer) {
        return shorter.length() >= SHORTEST_BEGINNING
                && longer.length() > shorter.length()
                && longer.startsWith(shorter)
                && longer.charAt(shorter.length()) != '_';
    }

    private static String lowerCase(String name) {
        return SEPARATORS.matcher(name).replaceAll("_").toLowerCase(Locale.ROOT);
    }
}
