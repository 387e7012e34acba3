package io.relaypod.server.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.FormatMethod;
import picocli.CommandLine.Model.CommandSpec;

/** Prints the output of the commands, and asks for a confirmation. */
final class Terminal {

    static final int DONE = 0;
    static final int NOTHING_FOUND = 1;

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

    // Control characters in a mail must not reach the terminal.
    private static String printable(String text) {
        return text.chars()
                .map(c -> Character.isISOControl(c) && c != '\n' ? '?' : c)
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

    /** The time in whole seconds. */
    static String seconds(JsonNode time) {
        return Instant.parse(time.asText()).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    static String orElse(JsonNode text, String otherwise) {
        return text.isMissingNode() || text.isNull() || text.asText().isEmpty() ? otherwise : text.asText();
    }

    void table(List<String[]> rows) {
        if (rows.isEmpty()) {
            return;
        }
        int[] widths = new int[rows.get(0).length];
        rows.forEach(row -> {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        });
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                line.append(i + 1 == row.length ? row[i] : String.format("%-" + widths[i] + "s  ", row[i]));
            }
            line(line.toString().stripTrailing());
        }
    }
}
