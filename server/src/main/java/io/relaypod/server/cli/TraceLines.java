package io.relaypod.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;

/** What the relay remembers of mails, a line for each thing that happened. */
final class TraceLines {

    /** The parameter with the largest number of mails. */
    static final String LIMIT = "limit";

    private final WebAdminClient webadmin;
    private final Terminal terminal;

    TraceLines(WebAdminClient webadmin, Terminal terminal) {
        this.webadmin = webadmin;
        this.terminal = terminal;
    }

    /**
     * @param asked parameters of {@code /relay/trace}
     * @return the command's exit code
     */
    int print(Map<String, String> asked) {
        JsonNode mails = webadmin.get("/relay/trace?" + WebAdminClient.parameters(asked));
        if (terminal.isJson()) {
            terminal.json(mails);
            return mails.isEmpty() ? Terminal.NOTHING_FOUND : Terminal.DONE;
        }
        mails.forEach(this::print);
        if (mails.isEmpty()) {
            terminal.line("No matching message.");
            return Terminal.NOTHING_FOUND;
        }
        if (Integer.toString(mails.size()).equals(asked.get(LIMIT))) {
            terminal.line("%d shown, the newest; --limit and --until show older ones, if there are any.", mails.size());
        }
        return Terminal.DONE;
    }

    private void print(JsonNode mail) {
        String queueId = mail.path("queueId").asText();
        terminal.line(
                queueId.isEmpty() ? "not taken, session " + mail.path("session").asText() : queueId);
        List<String[]> rows = new ArrayList<>();
        for (JsonNode step : mail.path("steps")) {
            rows.add(new String[] {
                "  " + Terminal.seconds(step.path("at")), step.path("event").asText(), words(step)
            });
        }
        terminal.table(rows);
    }

    static String words(JsonNode step) {
        StringBuilder words = new StringBuilder();
        if (!step.path("sender").asText().isEmpty()) {
            words.append("from ").append(step.path("sender").asText()).append(' ');
        }
        if (!step.path("recipients").isEmpty()) {
            words.append("to ").append(Terminal.texts(step.path("recipients"))).append(' ');
        }
        words.append(step.path("messageId").asText());
        step.path("details")
                .properties()
                .forEach(detail -> words.append("  ")
                        .append(detail.getKey())
                        .append(": ")
                        .append(detail.getValue().asText()));
        return words.toString().strip();
    }
}
