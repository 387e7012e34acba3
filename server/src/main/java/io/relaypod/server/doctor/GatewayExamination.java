package io.relaypod.server.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

import io.relaypod.smtpclient.DeliveryStatus;
import io.relaypod.smtpclient.RecipientOutcome;
import io.relaypod.smtpclient.SmtpConnection;

/**
 * Whether the gateway greets, relays all mail, and forwards the errors of the next hop. The last two are found by a
 * probe mail that Mailpit accepts and smtp2graph refuses at RCPT: a quoted local part with an {@code @}, which
 * smtp2graph's SMTP server does not read. A gateway that answers 250 to it has kept the mail for itself. If another
 * next hop accepts the mail, Graph has no mailbox to send it from.
 */
public final class GatewayExamination implements Examination {

    private static final String SUBJECT = "gateway";
    private static final String SENDER = "relaypod-doctor@relaypod.invalid";
    private static final String RECIPIENT = "\"probe@refused\"@relaypod.invalid";
    private static final byte[] PROBE = ("From: " + SENDER + "\r\nTo: undisclosed@relaypod.invalid\r\n"
                    + "Subject: relaypod doctor: a probe that should have been refused\r\n"
                    + "Message-ID: <probe@relaypod.invalid>\r\n\r\nDelete this mail.\r\n")
            .getBytes(StandardCharsets.US_ASCII);

    private final String host;
    private final int port;
    private final SmtpDoor smtp;

    public GatewayExamination(String host, int port, SmtpDoor smtp) {
        this.host = host;
        this.port = port;
        this.smtp = smtp;
    }

    @Override
    public List<Finding> examine() {
        String where = host + ":" + port + " (UPSTREAM_HOST, UPSTREAM_PORT)";
        try (SmtpConnection connection = smtp.connect(host, port)) {
            if (connection.greeting().toLowerCase(Locale.ROOT).contains("smtp2graph")) {
                return List.of(Finding.fault(
                        SUBJECT,
                        where + " is smtp2graph, which loses a message if a connection brings two",
                        "Set UPSTREAM_PORT to Mailpit's port, 1025. docs/graph.md#smtp2graph-and-mailpit"));
            }
            Finding greets = Finding.ok(SUBJECT, where + " greets with " + connection.greeting());
            return List.of(greets, relaying(SmtpDoor.send(connection, SENDER, RECIPIENT, PROBE)));
        } catch (IOException unreachable) {
            return List.of(Finding.fault(
                    SUBJECT,
                    where + ": " + unreachable.getMessage() + "; messages wait in the queue",
                    "Start Mailpit, or correct the variables. docs/alerts.md#mailpitdown"));
        }
    }

    private static Finding relaying(RecipientOutcome outcome) {
        String subject = "relaying";
        if (outcome.is(DeliveryStatus.DELIVERED)) {
            return Finding.fault(
                    subject,
                    "the gateway accepted a probe that smtp2graph refuses, and kept it: mail may stay there, unsent",
                    "Set MP_SMTP_RELAY_ALL=true and MP_SMTP_RELAY_FWD_SMTP_ERRORS=true at Mailpit. Delete the probe from relaypod-doctor@relaypod.invalid there.");
        }
        if (outcome.text().contains("Bad recipient address syntax")) {
            return Finding.ok(
                    subject, "the gateway relays all mail to smtp2graph, and forwards its errors: " + outcome.text());
        }
        return outcome.text().startsWith("451 4.3.5")
                ? Finding.fault(
                        subject,
                        "the gateway forwards errors, but does not reach its next hop: " + outcome.text(),
                        "Start smtp2graph, or correct MP_SMTP_RELAY_HOST and MP_SMTP_RELAY_PORT. docs/alerts.md#smtp2graphdown")
                : Finding.warning(
                        subject,
                        "the gateway refused the probe, for another reason than smtp2graph's: " + outcome.text(),
                        "With Mailpit, check MP_SMTP_RELAY_ALL and MP_SMTP_RELAY_FWD_SMTP_ERRORS. Another gateway may be right to refuse.");
    }
}
