package io.relaypod.incidents;

import java.util.Locale;

/** What an incident is about, with the words for an operator. */
public enum IncidentKind {
    DNS(
            "DNS is unavailable",
            "DNS is available again",
            "Recipients at domains that are not cached get 451; applications retry.",
            "The line DNS of /readyz names the servers. docs/alerts.md#relaypoddnsfailing"),
    GATEWAY(
            "The gateway is unavailable",
            "The gateway is available again",
            "Messages are accepted and wait in the queue.",
            "Check the container mailpit. docs/alerts.md#mailpitdown"),
    GRAPH(
            "Microsoft Graph accepts no mail",
            "Microsoft Graph accepts mail again",
            "Messages are accepted and wait.",
            "docs/alerts.md, and the status page"),
    SECRET(
            "Microsoft Entra refuses the client secret",
            "Microsoft Entra accepts the client secret",
            "No message reaches Graph.",
            "Rotate the secret. docs/azure.md#rotate-the-secret"),
    MAIL_FAILED(
            "Messages failed",
            "No more messages fail",
            "They are stored, and are not retried.",
            "relaypod failed lists them. docs/alerts.md#relaypodmailfailed"),
    DISK(
            "The disk of DATA_DIR is nearly full",
            "The disk of DATA_DIR has room again",
            "Below 64 MiB, new messages get 452.",
            "Enlarge the volume. docs/alerts.md#relaypoddiskfilling"),
    QUOTA(
            "A daily limit of recipients is nearly reached",
            "All mailboxes are below their daily limits of recipients",
            "At the limit, messages wait in the queue.",
            "docs/alerts.md#relaypodquotanearlyreached"),
    /** No incident: a notification that an administrator sends by hand. */
    TRIAL("A trial", "The end of a trial", "None.", "Nothing."),
    NOT_READY(
            "The relay is not ready",
            "The relay is ready again",
            "Kubernetes sends it no connections.",
            "/readyz has the reason; the log has more.");

    private final String beginning;
    private final String end;
    private final String effect;
    private final String cure;

    IncidentKind(String beginning, String end, String effect, String cure) {
        this.beginning = beginning;
        this.end = end;
        this.effect = effect;
        this.cure = cure;
    }

    /** Name in notifications and log lines, such as {@code mail_failed}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The title of the notification that the incident began. */
    public String beginning() {
        return beginning;
    }

    /** The title of the notification that the incident ended. */
    public String end() {
        return end;
    }

    /** What the incident does to mail. */
    public String effect() {
        return effect;
    }

    /** What to do, or where it is written. */
    public String cure() {
        return cure;
    }
}
