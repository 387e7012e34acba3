package io.relaypod.graph;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.google.common.base.Splitter;

/**
 * The table of Graph's and Entra's codes, and what smtp2graph makes of them in {@code error.log}. Immutable.
 *
 * <p>smtp2graph replaces three of Graph's codes by a sentence of its own and keeps the file in {@code queue/} without a
 * further attempt. All others are JSON of Graph, a message of a library, or an error of the network.
 */
public final class GraphErrors {

    /** Longest {@link GraphError#words}, in characters. */
    public static final int LONGEST_WORDS = 500;

    private static final String TABLE = "graph-errors.txt";
    private static final int COLUMNS = 4;
    private static final Splitter CELLS = Splitter.on(" | ").trimResults();

    private static final String ACCESS_DENIED = "ErrorAccessDenied";
    private static final List<SentenceForm> SENTENCES = List.of(
            new SentenceForm(form("Access to mailbox .* denied"), ACCESS_DENIED, true),
            new SentenceForm(form("Invalid content for mail .*"), "ErrorMimeContentInvalidBase64String", true),
            new SentenceForm(
                    form("The message exceeds the maximum supported size.*"), "ErrorMessageSizeExceeded", true),
            new SentenceForm(form("No sender/from address defined.*"), "NoSender", true),
            new SentenceForm(form("Trying to login without an application registration.*"), "NoApplication", true),
            new SentenceForm(form("(Server did not respond|Failed to send message) within .*"), "Timeout", false),
            // Node's words for a connection that closes before the answer.
            new SentenceForm(form("socket hang up.*"), "ECONNRESET", false),
            new SentenceForm(form("timeout of \\d+ ?ms exceeded.*"), "Timeout", false),
            // smtp2graph looks for a code in a page that is no JSON.
            new SentenceForm(form("Cannot use 'in' operator .*"), "BadGateway", false));
    private static final Pattern CODE_IN_JSON = Pattern.compile("\"code\"\\s*:\\s*\"([A-Za-z0-9_.]{1,100})\"");
    private static final Pattern MESSAGE_IN_JSON =
            Pattern.compile("\"message\"\\s*:\\s*\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"");
    private static final Pattern ENTRA = Pattern.compile("AADSTS\\d{2,9}");
    private static final Pattern STATUS = Pattern.compile("status code (\\d{3})");
    private static final Pattern SYSTEM = Pattern.compile("\\b(E[A-Z]{4,}|EAI_AGAIN|EPIPE)\\b");
    private static final Pattern LIBRARY = Pattern.compile("^(?:\\w+Error: )?([a-z]+_[a-z_]+)\\b");
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029]+");

    private final List<KnownGraphError> table;

    /** A sentence of smtp2graph, the code that it stands for, and whether smtp2graph makes no further attempt. */
    private record SentenceForm(Pattern sentence, String name, boolean isLast) {}

    /** Reads the table, a resource beside this class. */
    public GraphErrors() {
        try (InputStream in = Objects.requireNonNull(GraphErrors.class.getResourceAsStream(TABLE), TABLE)) {
            table = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(GraphErrors::row)
                    .toList();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    // An error may have line breaks.
    private static Pattern form(String sentence) {
        return Pattern.compile(sentence, Pattern.DOTALL);
    }

    private static KnownGraphError row(String line) {
        List<String> cells = CELLS.splitToList(line);
        if (cells.size() != COLUMNS) {
            throw new IllegalStateException(TABLE + ": four columns expected in: " + line);
        }
        return new KnownGraphError(
                cells.get(0), GraphCode.valueOf(cells.get(1).toUpperCase(Locale.ROOT)), cells.get(2), cells.get(3));
    }

    List<KnownGraphError> table() {
        return table;
    }

    /**
     * @param name a code of Graph or Entra; may be empty
     * @return its line; the last one, which stands for all others, if no line has it
     */
    public KnownGraphError known(String name) {
        return table.stream()
                .filter(row -> row.matches(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(TABLE + ": a last line for all codes is missing"));
    }

    /**
     * Classifies the text {@code error} of a line in {@code error.log}.
     *
     * @param text Graph's error as JSON, or words
     */
    public GraphError classify(String text) {
        String name = name(text);
        return new GraphError(known(name).code(), name, words(text));
    }

    /** Whether smtp2graph 1.1.4 leaves a file with this error in {@code queue/} without a further attempt. */
    public boolean isLast(String text) {
        return sentence(text).anyMatch(SentenceForm::isLast);
    }

    private static Stream<SentenceForm> sentence(String text) {
        return SENTENCES.stream().filter(form -> form.sentence().matcher(text).matches());
    }

    private static String name(String text) {
        return sentence(text)
                .map(SentenceForm::name)
                .findFirst()
                .orElseGet(() -> Stream.of(ENTRA, CODE_IN_JSON, STATUS, LIBRARY, SYSTEM)
                        .map(form -> first(form, text))
                        .filter(found -> !found.isEmpty())
                        .findFirst()
                        .orElse(""));
    }

    private static String first(Pattern form, String text) {
        Matcher found = form.matcher(text);
        return found.find() ? found.group(found.groupCount()) : "";
    }

    private static String words(String text) {
        String message = first(MESSAGE_IN_JSON, text);
        String code = first(CODE_IN_JSON, text);
        String all = code.isEmpty() ? text : message.isEmpty() ? code : code + ": " + message.replace("\\\"", "\"");
        String line = UNPRINTABLE.matcher(all).replaceAll(" ").strip();
        return line.length() <= LONGEST_WORDS ? line : line.substring(0, LONGEST_WORDS) + "...";
    }
}
