package io.relaypod.server.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.relaypod.events.MailSummary;
import io.relaypod.events.QueueId;
import io.relaypod.mailets.RecordedSummary;

/** A mail of a repository, in lines of a name and a value. */
final class FailedMailLines {

    private final Terminal terminal;

    FailedMailLines(Terminal terminal) {
        this.terminal = terminal;
    }

    void print(JsonNode mail) {
        terminal.line("%s", mail.path("name").asText());
        terminal.table(lines(mail));
    }

    void printWithHeader(JsonNode mail) {
        print(mail);
        terminal.line("  size  %d bytes", mail.path("messageSize").asLong());
        mail.path("headers")
                .properties()
                .forEach(header ->
                        header.getValue().forEach(value -> terminal.line("  %s: %s", header.getKey(), value.asText())));
    }

    private static List<String[]> lines(JsonNode mail) {
        String why = Terminal.orElse(mail.path("error"), "it does not say");
        List<String[]> lines = new ArrayList<>();
        if (mail.path("isUnreadable").asBoolean()) {
            lines.add(new String[] {"  why", why});
            return lines;
        }
        MailSummary summary = MailSummary.parse(
                mail.path("attributes").path(RecordedSummary.ATTRIBUTE).asText());
        QueueId.receivedAt(mail.path("name").asText())
                .map(received -> received.truncatedTo(ChronoUnit.SECONDS))
                .ifPresent(received -> lines.add(new String[] {"  received", received.toString()}));
        String updated = time(mail.path("lastUpdated"));
        if (!updated.isEmpty()) {
            lines.add(new String[] {"  failed", updated});
        }
        lines.add(
                new String[] {"  from", "<" + Terminal.orElse(mail.path("sender"), "") + ">" + mailbox(mail, summary)});
        lines.add(new String[] {"  to", Terminal.texts(mail.path("recipients"))});
        if (!summary.subject().isEmpty()) {
            lines.add(new String[] {"  subject", summary.subject()});
        }
        if (!summary.messageId().isEmpty()) {
            lines.add(new String[] {"  id", summary.messageId()});
        }
        lines.add(new String[] {"  why", why});
        return lines;
    }

    private static String mailbox(JsonNode mail, MailSummary summary) {
        return summary.mailbox().isEmpty()
                        || summary.mailbox()
                                .equalsIgnoreCase(mail.path("sender").asText())
                ? ""
                : ", mailbox " + summary.mailbox();
    }

    // James writes a date as milliseconds, or as a text that ends in +0000.
    private static String time(JsonNode date) {
        return date.isNumber()
                ? Instant.ofEpochMilli(date.asLong())
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString()
                : Terminal.seconds(TextNode.valueOf(date.asText().replaceFirst("\\+00:?00$", "Z")));
    }
}
