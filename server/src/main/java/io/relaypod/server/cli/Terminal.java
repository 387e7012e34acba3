package io.relaypod.server.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.errorprone.annotations.FormatMethod;
import picocli.CommandLine.Model.CommandSpec;

/** Prints the output of the commands, and asks for a confirmation. */
final class Terminal {

    static final int DONE = 0;
    static final int NOTHING_FOUND = 1;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();
    private static final int KILO = 1024;

    private final CommandSpec spec;

    Terminal(CommandSpec spec) {
        this.spec = spec;
    }

    @FormatMethod
    void line(String format, Object... arguments) {
        line(String.format(format, arguments));
    }

    void line(String text) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(printable(text));
        out.flush();
    }

    /** Whether the operator asked for JSON. */
    boolean isJson() {
        return spec.root().userObject() instanceof Relaypod relaypod && relaypod.isJson();
    }

    /** Prints a result as JSON, which escapes all but ASCII. */
    void json(Object result) {
        print(result, JSON.writer());
    }

    /** Prints a result as JSON in one line. */
    void jsonLine(JsonNode result) {
        print(result, JSON.writer().without(SerializationFeature.INDENT_OUTPUT));
    }

    private void print(Object result, ObjectWriter writer) {
        try {
            PrintWriter out = spec.commandLine().getOut();
            out.println(writer.writeValueAsString(result));
            out.flush();
        } catch (JsonProcessingException never) {
            throw new IllegalStateException(never);
        }
    }

    // Control characters in a mail must not reach the terminal, nor those that change the direction of text.
    private static String printable(String text) {
        return text.codePoints()
                .map(c ->
                        (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) && c != '\n' ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /**
     * @param lost what a yes removes
     * @return whether the person confirmed, now or with {@code --yes}
     */
    boolean isSure(boolean yes, String lost) {
        if (yes) {
            return true;
        }
        Console console = System.console();
        if (console == null) {
            line("%s would be lost. Say --yes if that is meant.", lost);
            return false;
        }
        String answer = console.readLine("%s will be lost. Type yes: ", lost);
        return answer != null && answer.strip().equalsIgnoreCase("yes");
    }

    static String texts(JsonNode array) {
        StringBuilder texts = new StringBuilder();
        array.forEach(one -> texts.append(texts.isEmpty() ? "" : ", ").append(one.asText()));
        return texts.toString();
    }

    /** The time in whole seconds; the text itself if it is no time. */
    static String seconds(JsonNode time) {
        try {
            return Instant.parse(time.asText()).truncatedTo(ChronoUnit.SECONDS).toString();
        } catch (DateTimeParseException other) {
            return time.asText();
        }
    }

    static String orElse(JsonNode text, String otherwise) {
        return text.isMissingNode() || text.isNull() || text.asText().isEmpty() ? otherwise : text.asText();
    }

    /** A time such as 40 s, 12 min, 3 h or 4 d. */
    static String duration(Duration time) {
        long seconds = Math.max(0, time.toSeconds());
        if (seconds < 120) {
            return seconds + " s";
        }
        if (seconds < Duration.ofHours(2).toSeconds()) {
            return seconds / 60 + " min";
        }
        return time.toHours() < 48 ? time.toHours() + " h" : time.toDays() + " d";
    }

    /** A size such as 512 B, 34 KiB or 1.2 MiB. */
    static String size(long bytes) {
        if (bytes < KILO) {
            return bytes + " B";
        }
        return bytes < KILO * KILO
                ? bytes / KILO + " KiB"
                : String.format(Locale.ROOT, "%.1f MiB", (double) bytes / KILO / KILO);
    }

    void table(List<String[]> rows) {
        rows(rows).forEach(this::line);
    }

    /** The lines of a table. */
    List<String> rows(List<String[]> rows) {
        if (rows.isEmpty()) {
            return List.of();
        }
        int[] widths = new int[rows.get(0).length];
        rows.forEach(row -> {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        });
        List<String> lines = new ArrayList<>(rows.size());
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                line.append(i + 1 == row.length ? row[i] : String.format("%-" + widths[i] + "s  ", row[i]));
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }
}
