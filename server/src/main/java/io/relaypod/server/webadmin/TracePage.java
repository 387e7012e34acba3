package io.relaypod.server.webadmin;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import io.relaypod.server.monitoring.Html;
import io.relaypod.server.trace.TracedMail;
import io.relaypod.server.trace.TracedMail.TraceStep;

/** The search form and the result, as one page of HTML without further resources. */
final class TracePage {

    private static final String STYLE = """
        :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
        body { margin: 1.5rem auto; padding: 0 1rem; max-width: 70rem; }
        form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; }
        label { display: grid; font-size: .85rem; } label:first-child { flex: 1 1 20rem; }
        input, button { font: inherit; padding: .3rem .5rem; }
        section { margin: 1.2rem 0; border: 1px solid #8886; border-radius: .4rem; overflow: hidden; }
        h2 { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0; padding: .4rem .7rem; font-size: .9rem; background: #8882; }
        h2 code { flex: 1 1 20rem; font-weight: 600; overflow-wrap: anywhere; }
        h2 .subject { flex: 1 1 100%; order: 1; overflow-wrap: anywhere; }
        table { border-collapse: collapse; width: 100%; font-size: .9rem; }
        td { padding: .2rem .7rem; vertical-align: top; overflow-wrap: anywhere; border-top: 1px solid #8883; }
        td:nth-child(-n+2) { white-space: nowrap; width: 1%; font-variant-numeric: tabular-nums; }
        td:nth-child(2) { min-width: 10rem; }
        small { display: block; font-size: .85rem; opacity: .75; } small b { font-weight: 400; opacity: .8; }
        .delivered { color: #1a7f37; } .deferred, .kept { color: #9a6700; } .failed, .removed, .rcpt-refused, .mail-refused { color: #cf222e; }
        @media (prefers-color-scheme: dark) {
          .delivered { color: #3fb950; } .deferred, .kept { color: #d29922; } .failed, .removed, .rcpt-refused, .mail-refused { color: #ff7b72; }
        }
        @media (max-width: 45rem) {
          tr { display: block; border-top: 1px solid #8883; padding: .3rem 0; }
          td { border: 0; padding: 0 .7rem; display: inline-block; } td:nth-child(-n+2) { width: auto; } td:last-child { display: block; }
        }
        """;

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private TracePage() {}

    /** @param limit the limit of the search */
    static String of(String words, String since, List<TracedMail> found, int limit) {
        String count = found.isEmpty()
                ? "No matching message."
                : found.size() + (found.size() == 1 ? " mail" : " mails") + ", the newest first; times are UTC."
                        + (found.size() == limit ? " There may be more." : "");
        return of(words, since, count) + found.stream().map(TracePage::section).collect(Collectors.joining())
                + "</main></html>\n";
    }

    static String of(String words, String since, String message) {
        return "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                + "<title>Where is my mail?</title><style>" + STYLE + "</style><main><h1>Where is my mail?</h1><form>"
                + "<label>Address, domain, queue id or &lt;Message-ID&gt;<input name=\"q\" autofocus value=\""
                + Html.text(words) + "\"></label>"
                + "<label>Since (2h, or a time)<input name=\"since\" size=\"22\" value=\"" + Html.text(since)
                + "\"></label><button>Search</button></form>"
                + "<p role=\"status\">" + Html.text(message) + "</p>\n";
    }

    private static String section(TracedMail mail) {
        String name = mail.queueId().isEmpty() ? "not taken, session " + mail.session() : mail.queueId();
        String subject = mail.subject();
        return "<section><h2><code>" + Html.text(name) + "</code>"
                + (subject.isEmpty() ? "" : "<span class=\"subject\">" + Html.text(subject) + "</span>")
                + mail.last().map(TracePage::event).orElse("") + "</h2><table>"
                + mail.steps().stream().map(TracePage::row).collect(Collectors.joining()) + "</table></section>\n";
    }

    private static String event(TraceStep step) {
        return "<span class=\"" + Html.text(step.event()) + "\">" + Html.text(step.event()) + "</span>";
    }

    private static String row(TraceStep step) {
        String details = step.details().entrySet().stream()
                .map(detail -> "<b>" + Html.text(detail.getKey()) + "</b> " + Html.text(detail.getValue()))
                .collect(Collectors.joining(" \u00b7 "));
        return "<tr><td>" + TIME.format(step.at()) + "<td>" + event(step) + "<td>" + Html.text(addresses(step))
                + (details.isEmpty() ? "" : "<small>" + details + "</small>");
    }

    private static String addresses(TraceStep step) {
        StringBuilder words = new StringBuilder();
        if (!step.sender().isEmpty()) {
            words.append("from ").append(step.sender()).append(' ');
        }
        if (!step.recipients().isEmpty()) {
            words.append("to ").append(String.join(", ", step.recipients())).append(' ');
        }
        return words.append(step.messageId()).toString().strip();
    }
}
