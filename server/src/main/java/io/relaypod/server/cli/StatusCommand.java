package io.relaypod.server.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;

/** The state of the running relay, in a few lines. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Show whether the relay is ready, with its health checks, queues and gateway.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:ready",
            "1:not ready",
            "69:webadmin does not answer",
            "70:webadmin could not do it",
            "77:webadmin refuses the password"
        })
final class StatusCommand extends WebAdminCommand {

    StatusCommand(Map<String, String> environment) {
        super(environment);
    }

    @Override
    public Integer call() {
        JsonNode status = webadmin().get("/relay/status");
        Terminal terminal = terminal();
        boolean isReady = status.path("ready").asBoolean();
        if (terminal.isJson()) {
            terminal.json(status);
            return isReady ? Terminal.DONE : Terminal.NOTHING_FOUND;
        }
        terminal.line(
                "relaypod %s is %s",
                status.path("version").asText(), isReady ? "ready" : "not ready: it accepts no mail");
        List<String[]> rows = new ArrayList<>();
        status.path("checks")
                .forEach(check -> rows.add(new String[] {
                    "  " + check.path("component").asText(),
                    check.path("status").asText(),
                    check.path("cause").asText()
                }));
        terminal.table(rows);
        status.path("queues")
                .properties()
                .forEach(queue -> terminal.line("queue %s: %s", queue.getKey(), words(queue.getValue())));
        status.path("repositories")
                .properties()
                .forEach(repository -> terminal.line(
                        "%s: %s",
                        repository.getKey(), mails(repository.getValue().asLong())));
        print(terminal, status.path("gateway"));
        return isReady ? Terminal.DONE : Terminal.NOTHING_FOUND;
    }

    private static String words(JsonNode queue) {
        return mails(queue.path("size").asLong())
                + (queue.path("oldestSeconds").isNumber()
                        ? ", the oldest "
                                + Terminal.duration(Duration.ofSeconds(
                                        queue.path("oldestSeconds").asLong()))
                                + " old"
                        : "")
                + (queue.path("rateLimited").asLong() > 0
                        ? ", " + queue.path("rateLimited").asLong() + " of them for the rate limit of their mailbox"
                        : "");
    }

    private static String mails(long number) {
        return number + (number == 1 ? " mail" : " mails");
    }

    private static void print(Terminal terminal, JsonNode gateway) {
        String since = Terminal.orElse(gateway.path("unavailableSince"), "");
        terminal.line(
                "gateway %s: %s%s",
                gateway.path("address").asText(),
                gateway.path("words").asText(),
                since.isEmpty() ? "" : ", since " + Terminal.seconds(gateway.path("unavailableSince")));
        if (!Terminal.orElse(gateway.path("lastDelivered"), "").isEmpty()) {
            terminal.line("  last delivery %s", Terminal.seconds(gateway.path("lastDelivered")));
        }
        if (!Terminal.orElse(gateway.path("lastFailed"), "").isEmpty()) {
            terminal.line(
                    "  last failed attempt %s: %s",
                    Terminal.seconds(gateway.path("lastFailed")),
                    gateway.path("lastFailure").asText());
        }
    }
}
