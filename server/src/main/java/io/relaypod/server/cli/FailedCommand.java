package io.relaypod.server.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.relaypod.server.cli.WebAdminClient.WebAdminException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;

/** The mail that could not be delivered. */
@Command(
        name = "failed",
        mixinStandardHelpOptions = true,
        description = "List the mail that could not be delivered, send it again, or remove it.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:done",
            "1:there is no such mail, or it was not confirmed",
            "69:webadmin does not answer",
            "70:webadmin could not do it, as a mail that cannot be read",
            "77:webadmin refuses the password"
        })
final class FailedCommand extends WebAdminCommand {

    private static final String LIMIT = "50";

    @Option(
            names = "--repository",
            defaultValue = "var/mail/failed",
            scope = ScopeType.INHERIT,
            description = "var/mail/failed, var/mail/error or var/mail/postmaster; default ${DEFAULT-VALUE}.")
    private String repository = "";

    FailedCommand(Map<String, String> environment) {
        super(environment);
    }

    @Override
    public Integer call() {
        return list(Integer.parseInt(LIMIT));
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "List the messages with their reasons, the oldest first.")
    int list(
            @Option(
                            names = "--limit",
                            defaultValue = LIMIT,
                            description = "Largest number of messages; default ${DEFAULT-VALUE}.")
                    int limit) {
        WebAdminClient webadmin = webadmin();
        Terminal terminal = terminal();
        long size = size(webadmin);
        List<JsonNode> mails = new ArrayList<>();
        if (size > 0) {
            for (JsonNode key : webadmin.get(path("/mails") + "?limit=" + limit)) {
                mails.add(listed(webadmin, key.asText()));
            }
        }
        if (terminal.isJson()) {
            terminal.json(Map.of("repository", repository, "size", size, "mails", mails));
        } else if (size == 0) {
            terminal.line("Nothing is kept in %s.", repository);
        } else {
            mails.forEach(mail -> new FailedMailLines(terminal).print(mail));
            terminal.line(
                    "%s%s",
                    mails(size),
                    mails.size() < size
                            ? ", " + mails.size() + " of " + size
                                    + " shown, those kept for longest; --limit shows more."
                            : ".");
        }
        return Terminal.DONE;
    }

    // One that cannot be read is there all the same.
    private JsonNode listed(WebAdminClient webadmin, String key) {
        try {
            return webadmin.get(mail(key) + "?additionalFields=attributes");
        } catch (WebAdminException refusal) {
            if (refusal.exitCode() != WebAdminClient.BROKEN) {
                throw refusal;
            }
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("name", key)
                    .put("error", String.valueOf(refusal.getMessage()))
                    .put("isUnreadable", true);
        }
    }

    private String mails(long number) {
        return number + (number == 1 ? " mail in " : " mails in ") + repository;
    }

    private long size(WebAdminClient webadmin) {
        for (JsonNode known : webadmin.get("/mailRepositories")) {
            if (known.path("repository").asText().equals(repository)) {
                return webadmin.get(path("")).path("size").asLong();
            }
        }
        // Before its first mail there is no repository.
        return 0;
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "Show a message: its header and its events; or the whole message as it is stored.")
    int show(
            @Parameters(paramLabel = "QUEUE-ID") String queueId,
            @Option(names = "--raw", description = "Print the whole message, as a mail program reads it (RFC 5322).")
                    boolean raw)
            throws IOException {
        WebAdminClient webadmin = webadmin();
        if (raw) {
            webadmin.download(mail(queueId), "message/rfc822", System.out);
            System.out.flush();
            return Terminal.DONE;
        }
        Terminal terminal = terminal();
        JsonNode mail = webadmin.get(mail(queueId) + "?additionalFields=attributes,headers,messageSize");
        if (terminal.isJson()) {
            terminal.json(Map.of(
                    "mail", mail, "trace", webadmin.get("/relay/trace?queueId=" + WebAdminClient.encoded(queueId))));
            return Terminal.DONE;
        }
        new FailedMailLines(terminal).printWithHeader(mail);
        new TraceLines(webadmin, terminal).print(Map.of("queueId", queueId));
        return Terminal.DONE;
    }

    private static final class FailedMailSelection {

        @Option(names = "--all", description = "All messages.")
        @SuppressWarnings("unused") // picocli asks for one of the two
        private boolean all;

        @Parameters(arity = "0..1", paramLabel = "QUEUE-ID", description = "One message.")
        private Optional<String> queueId = Optional.empty();
    }

    @Command(
            name = "retry",
            mixinStandardHelpOptions = true,
            description = "Send messages again through the transport processor.")
    int retry(@ArgGroup(multiplicity = "1") FailedMailSelection which) {
        WebAdminClient webadmin = webadmin();
        long mails = mails(webadmin, which);
        if (mails > 0) {
            webadmin.task(
                    "PATCH",
                    which.queueId.map(this::mail).orElse(path("/mails")) + "?action=reprocess&processor=transport");
        }
        Terminal terminal = terminal();
        if (terminal.isJson()) {
            terminal.json(Map.of("sentAgain", mails));
        } else {
            terminal.line("%d sent again; relaypod trace QUEUE-ID says what became of one.", mails);
        }
        return Terminal.DONE;
    }

    private long mails(WebAdminClient webadmin, FailedMailSelection which) {
        if (which.queueId.isPresent()) {
            webadmin.get(mail(which.queueId.get()));
            return 1;
        }
        return size(webadmin);
    }

    private long removable(WebAdminClient webadmin, FailedMailSelection which) {
        try {
            return mails(webadmin, which);
        } catch (WebAdminException refusal) {
            if (which.queueId.isPresent() && refusal.exitCode() == WebAdminClient.BROKEN) {
                return 1;
            }
            throw refusal;
        }
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Delete messages permanently.")
    int remove(
            @ArgGroup(multiplicity = "1") FailedMailSelection which,
            @Option(names = "--yes", description = "Do not ask for confirmation.") boolean yes) {
        WebAdminClient webadmin = webadmin();
        Terminal terminal = terminal();
        long mails = removable(webadmin, which);
        if (mails > 0
                && !terminal.isSure(
                        yes, which.queueId.map(id -> "The mail " + id).orElse(mails(mails)))) {
            return Terminal.NOTHING_FOUND;
        }
        if (which.queueId.isPresent()) {
            webadmin.delete(mail(which.queueId.get()));
        } else if (mails > 0) {
            webadmin.task("DELETE", path("/mails"));
        }
        if (terminal.isJson()) {
            terminal.json(Map.of("removed", mails));
        } else {
            terminal.line("%d removed.", mails);
        }
        return Terminal.DONE;
    }

    private String mail(String key) {
        return path("/mails/" + WebAdminClient.encoded(key));
    }

    private String path(String below) {
        return "/mailRepositories/" + WebAdminClient.encoded(repository) + below;
    }
}
