package io.relaypod.server.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.relaypod.server.settings.ListenAddress;
import io.relaypod.smtpclient.DeliveryStatus;
import io.relaypod.smtpclient.RecipientOutcome;
import io.relaypod.smtpclient.SmtpConnection;

/** A mail that is sent through the relay, to follow it. */
public final class TrialMail {

    private static final Pattern QUEUE_ID = Pattern.compile("Mail\\d+-[\\w-]+");

    private final ListenAddress relay;
    private final SmtpDoor smtp;
    private final Clock clock;

    /** @param relay LISTEN_ADDR */
    public TrialMail(ListenAddress relay, SmtpDoor smtp, Clock clock) {
        this.relay = relay;
        this.smtp = smtp;
        this.clock = clock;
    }

    /**
     * What the relay replied.
     *
     * @param queueId empty if it refused the mail
     */
    public record TrialReply(Optional<String> queueId, Finding finding) {}

    /**
     * Sends the mail.
     *
     * @param sender a mailbox that Graph may send as
     */
    public TrialReply send(String sender, String recipient) {
        byte[] mail = ("From: " + sender + "\r\nTo: " + recipient + "\r\nSubject: A trial of relaypod doctor\r\nDate: "
                        + DateTimeFormatter.RFC_1123_DATE_TIME.format(
                                ZonedDateTime.ofInstant(clock.instant(), ZoneOffset.UTC))
                        + "\r\nMessage-ID: <" + UUID.randomUUID() + "@relaypod.invalid>\r\n\r\n"
                        + "An administrator sent this mail with `relaypod doctor --send-to`.\r\n")
                .getBytes(StandardCharsets.UTF_8);
        try (SmtpConnection connection = smtp.connect(OwnPortsExamination.host(relay), relay.port())) {
            return reply(SmtpDoor.send(connection, sender, recipient, mail));
        } catch (IOException | IllegalArgumentException notSent) {
            return new TrialReply(
                    Optional.empty(),
                    Finding.fault(
                            "trial", "not sent: " + notSent.getMessage(), "Start the relay, or correct the address."));
        }
    }

    private static TrialReply reply(RecipientOutcome outcome) {
        Matcher id = QUEUE_ID.matcher(outcome.text());
        if (outcome.is(DeliveryStatus.DELIVERED) && id.find()) {
            return new TrialReply(
                    Optional.of(id.group()), Finding.ok("trial", "the relay accepted the mail as " + id.group()));
        }
        return new TrialReply(
                Optional.empty(),
                Finding.fault(
                        "trial",
                        "the relay refused the mail: " + outcome.text(),
                        "docs/smtp.md explains each reply. relaypod check shows the verdict of a recipient."));
    }
}
