package io.relaypod.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The mail that Graph has not accepted. */
@Command(
        name = "graph",
        mixinStandardHelpOptions = true,
        description = "List the messages that Mailpit accepted and Graph did not, with the reason, or send one again.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:done",
            "1:SMTP2GRAPH_DATA is not set, or the file cannot be sent again",
            "69:webadmin does not answer",
            "70:webadmin could not do it",
            "77:webadmin refuses the password"
        })
final class GraphCommand extends WebAdminCommand {

    private static final String PATH = "/relay/graph";
    private static final String LIMIT = "100";

    @Option(
            names = "--limit",
            defaultValue = LIMIT,
            description = "Largest number of messages, the longest waiting; default ${DEFAULT-VALUE}.")
    private int limit;

    GraphCommand(Map<String, String> environment) {
        super(environment);
    }

    @Override
    public Integer call() {
        Terminal terminal = terminal();
        JsonNode graph = webadmin().get(PATH + "?limit=" + limit);
        if (terminal.isJson()) {
            terminal.json(graph);
            return Terminal.DONE;
        }
        if (!graph.path("following").asBoolean()) {
            terminal.line("Not followed: " + graph.path("problem").asText());
        }
        JsonNode incident = graph.path("incident");
        if (incident.isObject()) {
            terminal.line(incident.path("kind").asText().replace('_', ' ') + " since "
                    + Terminal.seconds(incident.path("since")) + ": "
                    + incident.path("reason").asText());
            terminal.line("  " + incident.path("cause").asText());
            terminal.line("  " + incident.path("cure").asText());
        }
        List<String[]> rows = new ArrayList<>();
        for (JsonNode copy : graph.path("copies")) {
            rows.add(new String[] {
                Terminal.orElse(copy.path("queueId"), "-"),
                Terminal.orElse(copy.path("file"), "-"),
                copy.path("state").asText().replace('_', ' '),
                copy.path("ageSeconds").asLong() + " s",
                "<" + copy.path("mailbox").asText() + ">",
                Terminal.texts(copy.path("recipients")),
                reason(copy)
            });
        }
        if (!rows.isEmpty()) {
            rows.add(0, new String[] {"QUEUE ID", "FILE", "STATE", "AGE", "MAILBOX", "RECIPIENTS", "REASON"});
        }
        terminal.table(rows);
        int waiting = 0;
        for (JsonNode count : graph.path("waiting")) {
            waiting += count.asInt();
        }
        terminal.line("%d %s not accepted by Graph.", waiting, waiting == 1 ? "message is" : "messages are");
        return Terminal.DONE;
    }

    private static String reason(JsonNode copy) {
        String words = copy.path("reason").asText();
        return words.isEmpty() ? "" : copy.path("code").asText() + ": " + words;
    }

    @Command(
            name = "retry",
            mixinStandardHelpOptions = true,
            description = "Have smtp2graph send a stuck or failed message again now.")
    int retry(@Parameters(paramLabel = "FILE", description = "As listed, such as rqx5m6ggbhekdxj5.eml.") String file) {
        webadmin().patch(PATH + "/" + WebAdminClient.encoded(file), "{}");
        Terminal terminal = terminal();
        if (terminal.isJson()) {
            terminal.json(Map.of("retried", file));
        } else {
            terminal.line("%s is sent again.", file);
        }
        return Terminal.DONE;
    }
}
