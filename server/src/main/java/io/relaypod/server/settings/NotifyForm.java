package io.relaypod.server.settings;

import java.util.Locale;
import java.util.stream.Stream;

/** The form of a notification. */
public enum NotifyForm {
    /** A JSON object of relaypod's own, signed if there is a secret. */
    JSON(true),
    /** Slack's incoming webhook, which Mattermost and others accept too. */
    SLACK(false),
    /** An adaptive card for a workflow of Microsoft Teams. */
    TEAMS(false),
    /** A topic of ntfy; the secret is its access token. */
    NTFY(true);

    private final boolean takesSecret;

    NotifyForm(boolean takesSecret) {
        this.takesSecret = takesSecret;
    }

    /** Whether NOTIFY_SECRET_FILE has a meaning. For the other forms the URL is the secret. */
    public boolean takesSecret() {
        return takesSecret;
    }

    /** The form that the host of a URL takes; JSON for an unknown host. */
    static NotifyForm ofHost(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        if (isAt(name, "hooks.slack.com")) {
            return SLACK;
        }
        if (Stream.of("webhook.office.com", "logic.azure.com", "api.powerplatform.com")
                .anyMatch(teams -> isAt(name, teams))) {
            return TEAMS;
        }
        return isAt(name, "ntfy.sh") ? NTFY : JSON;
    }

    private static boolean isAt(String host, String domain) {
        return host.equals(domain) || host.endsWith("." + domain);
    }
}
