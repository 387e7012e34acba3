package io.relaypod.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Who sends most, and what is refused most. */
@Command(
        name = "top",
        mixinStandardHelpOptions = true,
        description = "Show the most frequent senders, clients and refused domains of the last hour and day.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:done",
            "69:webadmin does not answer",
            "70:webadmin could not do it",
            "77:webadmin refuses the password"
        })
final class TopCommand extends WebAdminCommand {

    @Option(
            names = "--limit",
            defaultValue = "10",
            description = "Largest number of names in each list; default ${DEFAULT-VALUE}.")
    private int limit;

    TopCommand(Map<String, String> environment) {
        super(environment);
    }

    @Override
    public Integer call() {
        JsonNode top = webadmin().get("/relay/top?limit=" + limit);
        Terminal terminal = terminal();
        if (terminal.isJson()) {
            terminal.json(top);
            return Terminal.DONE;
        }
        print(terminal, "SENDERS", "mails", top.path("senders"));
        print(terminal, "CLIENTS", "mails", top.path("clients"));
        print(terminal, "REFUSED DOMAINS", "recipients", top.path("refusedDomains"));
        print(terminal, "REFUSED CLIENTS", "refusals", top.path("refusedClients"));
        terminal.line("Counted since %s, the start of the relay.", Terminal.seconds(top.path("since")));
        return Terminal.DONE;
    }

    private static void print(Terminal terminal, String title, String what, JsonNode names) {
        terminal.line("%s, by %s%s", title, what, names.isEmpty() ? ": none in the last day" : "");
        if (names.isEmpty()) {
            return;
        }
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"    1 h", "   24 h", ""});
        names.forEach(name -> rows.add(new String[] {
            String.format("%7d", name.path("hour").asLong()),
            String.format("%7d", name.path("day").asLong()),
            name.path("name").asText()
        }));
        terminal.table(rows);
    }
}
