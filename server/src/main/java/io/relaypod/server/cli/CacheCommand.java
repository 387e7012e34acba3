package io.relaypod.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The verdicts on domains that the relay remembers. */
@Command(
        name = "cache",
        mixinStandardHelpOptions = true,
        description = "Show the cached verdicts on recipients' domains, or have DNS queried again.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:done",
            "1:recipients there are refused",
            "69:webadmin does not answer",
            "70:webadmin could not do it",
            "77:webadmin refuses the password"
        })
final class CacheCommand extends WebAdminCommand {

    private static final String LIMIT = "100";

    CacheCommand(Map<String, String> environment) {
        super(environment);
    }

    @Override
    public Integer call() {
        return list(Integer.parseInt(LIMIT));
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "List the verdicts, in the order of the domains' names.")
    int list(
            @Option(
                            names = "--limit",
                            defaultValue = LIMIT,
                            description = "Largest number of domains; default ${DEFAULT-VALUE}.")
                    int limit) {
        JsonNode verdicts = webadmin().get("/mx-cache?limit=" + limit);
        Terminal terminal = terminal();
        if (terminal.isJson()) {
            terminal.json(verdicts);
            return Terminal.DONE;
        }
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"DOMAIN", "SINCE", "VERDICT"});
        verdicts.forEach(verdict -> rows.add(row(verdict)));
        if (rows.size() > 1) {
            terminal.table(rows);
            if (verdicts.size() >= limit) {
                terminal.line("%d shown; --limit shows more, if there are more.", verdicts.size());
            }
        } else {
            terminal.line("No verdict is cached.");
        }
        return Terminal.DONE;
    }

    private static String[] row(JsonNode memory) {
        JsonNode verdict = memory.path("verdict");
        return new String[] {
            memory.path("domain").asText(),
            Terminal.seconds(memory.path("since")),
            (verdict.path("kind").asText() + " " + Terminal.texts(verdict.path("hosts"))).strip()
                    + (memory.path("stale").asBoolean() ? " (stale)" : "")
        };
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "Show the answer to a recipient at the domain.")
    int show(
            @Parameters(paramLabel = "DOMAIN") String domain,
            @Option(names = "--fresh", description = "Query DNS even if a verdict is cached.") boolean fresh) {
        JsonNode answer = webadmin().get("/domains/" + WebAdminClient.encoded(domain) + "/verdict?fresh=" + fresh);
        Terminal terminal = terminal();
        boolean accepted = answer.path("accepted").asBoolean();
        if (terminal.isJson()) {
            terminal.json(answer);
            return accepted ? Terminal.DONE : Terminal.NOTHING_FOUND;
        }
        terminal.line(
                "%s is %s: %s%s",
                answer.path("domain").asText(),
                accepted ? "accepted" : "refused",
                answer.path("outcome").asText(),
                accepted
                        ? ""
                        : ", " + answer.path("code").asInt() + " "
                                + answer.path("text").asText());
        if (answer.has("remembered")) {
            terminal.table(List.<String[]>of(row(answer.path("remembered"))));
        }
        return accepted ? Terminal.DONE : Terminal.NOTHING_FOUND;
    }

    private static final class CacheSelection {

        @Option(names = "--all", description = "All domains.")
        @SuppressWarnings("unused") // picocli asks for one of the two
        private boolean all;

        @Parameters(arity = "0..1", paramLabel = "DOMAIN", description = "One domain.")
        private Optional<String> domain = Optional.empty();
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = "Remove a cached verdict. The next recipient at the domain causes a DNS query.")
    int remove(@ArgGroup(multiplicity = "1") CacheSelection which) {
        webadmin()
                .delete("/mx-cache"
                        + which.domain
                                .map(domain -> "/" + WebAdminClient.encoded(domain))
                                .orElse(""));
        Terminal terminal = terminal();
        if (terminal.isJson()) {
            terminal.json(Map.of("removed", which.domain.orElse("all")));
        } else {
            terminal.line("%s forgotten.", which.domain.orElse("All are"));
        }
        return Terminal.DONE;
    }
}
