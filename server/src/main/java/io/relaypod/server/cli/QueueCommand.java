package io.relaypod.server.cli;

import java.util.Map;
import java.util.Optional;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The mail that is on its way. */
@Command(
        name = "queue",
        mixinStandardHelpOptions = true,
        description = "List the queued messages, try them now, or remove them.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:done",
            "1:there is no such mail, or it was not confirmed",
            "69:webadmin does not answer",
            "70:webadmin could not do it",
            "77:webadmin refuses the password"
        })
final class QueueCommand extends WebAdminCommand {

    private static final String OUTGOING = "outgoing";
    private static final String LIMIT = "100";
    private static final String NOT_DELAYED = "{\"delayed\":\"false\"}";

    QueueCommand(Map<String, String> environment) {
        super(environment);
    }

    @Override
    public Integer call() {
        return list(OUTGOING, Integer.parseInt(LIMIT));
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "List the messages that wait for the gateway, with the reason: those due now first.")
    int list(
            @Option(
                            names = "--queue",
                            defaultValue = OUTGOING,
                            description = "outgoing or spool; default ${DEFAULT-VALUE}.")
                    String queue,
            @Option(
                            names = "--limit",
                            defaultValue = LIMIT,
                            description = "Largest number of messages; default ${DEFAULT-VALUE}.")
                    int limit) {
        return new QueueLines(webadmin(), terminal()).print(queue, limit);
    }

    @Command(name = "show", mixinStandardHelpOptions = true, description = "Show the events of a message.")
    int show(@Parameters(paramLabel = "QUEUE-ID") String queueId) {
        return new TraceLines(webadmin(), terminal()).print(Map.of("queueId", queueId));
    }

    @Command(
            name = "retry",
            mixinStandardHelpOptions = true,
            description = "Try all messages now that wait for a retry, or one. Rate limits stay in force.")
    int retry(
            @Parameters(arity = "0..1", paramLabel = "QUEUE-ID", description = "One message, with its copies.")
                    Optional<String> queueId) {
        WebAdminClient webadmin = webadmin();
        Terminal terminal = terminal();
        if (queueId.isPresent()) {
            return retryOne(webadmin, terminal, queueId.get());
        }
        webadmin.patch(mails(OUTGOING) + "?delayed=true", NOT_DELAYED);
        if (terminal.isJson()) {
            terminal.json(Map.of("retried", "all"));
        } else {
            terminal.line("All messages that wait for a retry are tried now.");
        }
        return Terminal.DONE;
    }

    private static int retryOne(WebAdminClient webadmin, Terminal terminal, String queueId) {
        JsonNode result = webadmin.patch(mails(OUTGOING) + "/" + WebAdminClient.encoded(queueId), NOT_DELAYED);
        long ready = result.path("ready").asLong();
        long rateLimited = result.path("rateLimited").asLong();
        if (terminal.isJson()) {
            terminal.json(result);
        } else {
            terminal.line(
                    "%s%s",
                    ready == 0 ? "" : ready + (ready == 1 ? " message is" : " messages are") + " tried now. ",
                    rateLimited == 0
                            ? ""
                            : rateLimited + (rateLimited == 1 ? " message waits" : " messages wait")
                                    + " for the rate limit of the mailbox, which a retry does not change.");
        }
        return ready > 0 ? Terminal.DONE : Terminal.NOTHING_FOUND;
    }

    private static final class QueueSelection {

        @Option(names = "--sender", description = "All messages from the address.")
        private Optional<String> sender = Optional.empty();

        @Option(names = "--recipient", description = "All messages to the recipient.")
        private Optional<String> recipient = Optional.empty();

        @Option(names = "--all", description = "All messages.")
        private boolean all;

        @Parameters(arity = "0..1", paramLabel = "QUEUE-ID", description = "One message.")
        private Optional<String> queueId = Optional.empty();

        String what() {
            return sender.map(address -> "all mail from " + address)
                    .or(() -> recipient.map(address -> "all mail to " + address + ", with its other recipients"))
                    .or(() -> queueId.map(id -> "the mail " + id))
                    .orElse("all mail in the queue");
        }

        String parameters() {
            return sender.map(address -> "?sender=" + WebAdminClient.encoded(address))
                    .or(() -> recipient.map(address -> "?recipient=" + WebAdminClient.encoded(address)))
                    .or(() -> queueId.map(id -> "?name=" + WebAdminClient.encoded(id)))
                    .orElse("");
        }
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = "Remove messages from the queue without delivery.")
    int remove(
            @ArgGroup(multiplicity = "1") QueueSelection which,
            @Option(names = "--yes", description = "Do not ask for confirmation.") boolean yes,
            @Option(
                            names = "--queue",
                            defaultValue = OUTGOING,
                            description = "outgoing or spool; default ${DEFAULT-VALUE}.")
                    String queue) {
        Terminal terminal = terminal();
        WebAdminClient webadmin = webadmin();
        String what = which.what();
        if (!terminal.isSure(yes, Character.toUpperCase(what.charAt(0)) + what.substring(1))) {
            return Terminal.NOTHING_FOUND;
        }
        JsonNode result = webadmin.task("DELETE", mails(queue) + which.parameters());
        long removed = result.path("initialCount").asLong()
                - result.path("remainingCount").asLong();
        long left = result.path("remainingCount").asLong();
        if (terminal.isJson()) {
            terminal.json(Map.of("removed", removed, "left", left));
        } else {
            terminal.line("%d removed, %d left.", removed, left);
        }
        return removed == 0 && !which.all ? Terminal.NOTHING_FOUND : Terminal.DONE;
    }

    private static String mails(String queue) {
        return "/mailQueues/" + WebAdminClient.encoded(queue) + "/mails";
    }
}
