package io.relaypod.server.webadmin;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import com.google.common.html.HtmlEscapers;

import io.relaypod.server.trace.TracedMail;
import io.relaypod.server.trace.TracedMail.Step;

/** The search form and what was found, as one page of HTML that needs nothing else. */
final class TracePage {

    private static final String STYLE = """
        :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
        body { margin: 1.5rem auto; padding: 0 1rem; max-width: 70rem; }
        form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; }
        label { display: grid; font-size: .85rem; } label:first-child { flex: 1 1 20rem; }
        input, button { font: inherit; padding: .3rem .5rem; }
        section { margin: 1.2rem 0; border: 1px solid #8886; border-radius: .4rem; overflow-x: auto; }
        h2 { margin: 0; padding: .4rem .7rem; font: 600 .9rem ui-monospace, monospace; background: #8882; overflow-wrap: anywhere; }
        table { border-collapse: collapse; width: 100%; font-size: .9rem; }
        td { padding: .2rem .7rem; vertical-align: top; overflow-wrap: anywhere; border-top: 1px solid #8883; }
        td:nth-child(-n+2) { white-space: nowrap; font-variant-numeric: tabular-nums; }
        .delivered { color: #1a7f37; } .deferred { color: #9a6700; } .failed, .rcpt-refused, .mail-refused { color: #cf222e; }
        @media (prefers-color-scheme: dark) { .delivered { color: #3fb950; } .deferred { color: #d29922; } .failed, .rcpt-refused, .mail-refused { color: #ff7b72; } }
        """;

    private TracePage() {
    }

    static String of(String words, String since, List<TracedMail> found) {
        String count = found.isEmpty() ? "Nothing is remembered of that." : found.size() + (found.size() == 1 ? " mail" : " mails") + ", the newest first.";
        return of(words, since, count) + found.stream().map(TracePage::section).collect(Collectors.joining()) + "</main></html>\n";
    }

    static String of(String words, String since, String message) {
        return "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
            + "<title>Where is my mail?</title><style>" + STYLE + "</style><main><h1>Where is my mail?</h1><form>"
            + "<label>Address, domain, queue id or &lt;Message-ID&gt;<input name=\"q\" autofocus value=\"" + escaped(words) + "\"></label>"
            + "<label>Since (2h, or a time)<input name=\"since\" size=\"22\" value=\"" + escaped(since) + "\"></label><button>Search</button></form>"
            + "<p role=\"status\">" + escaped(message) + "</p>\n";
    }

    private static String section(TracedMail mail) {
        String name = mail.queueId().isEmpty() ? "not taken, session " + mail.session() : mail.queueId();
        return "<section><h2>" + escaped(name) + "</h2><table>" + mail.steps().stream().map(TracePage::row).collect(Collectors.joining())
            + "</table></section>\n";
    }

    private static String row(Step step) {
        return "<tr><td>" + step.at() + "<td class=\"" + escaped(step.event()) + "\">" + escaped(step.event()) + "<td>" + escaped(words(step));
    }

    static String words(Step step) {
        StringBuilder words = new StringBuilder();
        if (!step.sender().isEmpty()) {
            words.append("from ").append(step.sender()).append(' ');
        }
        if (!step.recipients().isEmpty()) {
            words.append("to ").append(String.join(", ", step.recipients())).append(' ');
        }
        if (!step.messageId().isEmpty()) {
            words.append(step.messageId()).append(' ');
        }
        for (Map.Entry<String, String> detail : step.details().entrySet()) {
            words.append(detail.getKey()).append(": ").append(detail.getValue()).append("  ");
        }
        return words.toString().strip();
    }

    private static String escaped(String text) {
        return HtmlEscapers.htmlEscaper().escape(text);
    }
}
