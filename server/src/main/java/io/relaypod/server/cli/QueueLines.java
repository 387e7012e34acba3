package io.relaypod.server.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;

/** The mails of a queue, each with the reason why it waits. */
final class QueueLines {

    private final WebAdminClient webadmin;
    private final Terminal terminal;

    QueueLines(WebAdminClient webadmin, Terminal terminal) {
        this.webadmin = webadmin;
        this.terminal = terminal;
    }

    /** Returns the command's exit code. */
    int print(String queue, int limit) {
        String path = "/mailQueues/" + WebAdminClient.encoded(queue);
        long size = webadmin.get(path).path("size").asLong();
        JsonNode mails = webadmin.get(path + "/mails?limit=" + limit);
        if (terminal.isJson()) {
            terminal.json(Map.of("queue", queue, "size", size, "mails", mails));
            return Terminal.DONE;
        }
        print(mails);
        terminal.line(
                "%d %s in the queue %s.%s",
                size,
                size == 1 ? "mail" : "mails",
                queue,
                mails.size() < size
                        ? " " + mails.size() + " of " + size + " shown: those in flight are not"
                                + (mails.size() >= limit ? ", nor those beyond --limit." : ".")
                        : "");
        return Terminal.DONE;
    }

    private void print(JsonNode mails) {
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"QUEUE ID", "NEXT TRY", "SENDER", "RECIPIENTS"});
        mails.forEach(mail -> rows.add(new String[] {
            mail.path("name").asText(),
            Terminal.orElse(mail.path("nextDelivery"), "").isEmpty()
                    ? "now"
                    : Terminal.seconds(mail.path("nextDelivery")),
            "<" + Terminal.orElse(mail.path("sender"), "") + ">",
            Terminal.texts(mail.path("recipients"))
        }));
        if (rows.size() == 1) {
            return;
        }
        List<String> lines = terminal.rows(rows);
        terminal.line(lines.get(0));
        for (int i = 0; i < mails.size(); i++) {
            terminal.line(lines.get(i + 1));
            Stream.of(about(mails.get(i)), waits(mails.get(i).path("waits")))
                    .filter(words -> !words.isEmpty())
                    .forEach(words -> terminal.line("  " + words));
        }
    }

    private static String about(JsonNode mail) {
        String mailbox = mail.path("mailbox").asText();
        String subject = mail.path("subject").asText();
        return Stream.of(
                        mail.path("received").isTextual()
                                ? Terminal.duration(Duration.between(
                                                Instant.parse(
                                                        mail.path("received").asText()),
                                                Instant.now()))
                                        + " old"
                                : "",
                        mail.path("size").isNumber()
                                ? Terminal.size(mail.path("size").asLong())
                                : "",
                        mailbox.isEmpty() ? "" : "from " + mailbox,
                        mail.path("messageId").asText(),
                        subject.isEmpty() ? "" : "\"" + subject + "\"")
                .filter(words -> !words.isEmpty())
                .collect(Collectors.joining(", "));
    }

    private static String waits(JsonNode waits) {
        int attempts = waits.path("attempts").asInt();
        String failure = attempts == 0
                ? ""
                : "attempt " + attempts + " failed at " + Terminal.seconds(waits.path("lastAttempt")) + ": "
                        + Terminal.orElse(waits.path("reason"), "no reason is known");
        String cause = switch (waits.path("cause").asText()) {
            case "" -> "";
            case "rate-limit" ->
                "waits for the rate limit of mailbox " + waits.path("mailbox").asText();
            case "quota-mailbox" ->
                "waits for the daily quota of recipients of mailbox "
                        + waits.path("mailbox").asText() + ": UPSTREAM_RECIPIENTS_PER_SENDER";
            case "quota-tenant" ->
                "waits for the tenant's daily quota of external recipients: TENANT_EXTERNAL_RECIPIENTS_PER_DAY";
            case "retry" -> attempts == 0 ? "waits for its next try" : "waits for a retry";
            case "turn" -> "is due, behind others, as the gateway accepts few";
            case "connection" -> "waits for a free connection to the gateway";
            case "processing" -> "waits to be processed";
            case "bytes-in-flight" -> "is large, and waits for other large mails: GATEWAY_BYTES_IN_FLIGHT";
            case "graph" -> "waits for Graph";
            default -> "waits: " + waits.path("cause").asText();
        };
        return cause + (failure.isEmpty() ? "" : "; " + failure);
    }
}
