package io.relaypod.server.monitoring;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import io.relaypod.server.activity.FrequentName;
import io.relaypod.server.activity.MailActivity.ActivityReport;

/** The most frequent senders, clients and refused domains, as tables of the status page. */
final class ActivityTables {

    /** The length of each table. */
    static final int MAX_ROWS = 6;

    private final ActivityReport activity;

    /** @param activity without local parts */
    ActivityTables(ActivityReport activity) {
        this.activity = activity;
    }

    String html() {
        return "<h2>Most frequent</h2>\n<div class=\"four\">\n"
                + table("Senders", "messages", activity.senders())
                + table("Clients", "messages", activity.clients())
                + table("Refused domains", "recipients", activity.refusedDomains())
                + table("Refused clients", "refusals", activity.refusedClients())
                + "</div>\n";
    }

    private static String table(String title, String unit, List<FrequentName> names) {
        String shown = names.isEmpty()
                ? "<p class=\"none\">None in the last day.</p>"
                : """
            <table class="top"><thead><tr><th>%s</th><th class="number">1 h</th><th class="number">24 h</th></tr></thead><tbody>
            %s</tbody></table>
            """.formatted(unit, names.stream().map(ActivityTables::row).collect(Collectors.joining()));
        return "<section class=\"card\"><h3>" + title + "</h3>\n" + shown + "</section>\n";
    }

    private static String row(FrequentName name) {
        return """
            <tr><td><code>%s</code></td><td class="number">%s</td><td class="number">%s</td></tr>
            """.formatted(Html.text(name.name()), number(name.hour()), number(name.day()));
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
