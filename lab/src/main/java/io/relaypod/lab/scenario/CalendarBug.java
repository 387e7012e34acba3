package io.relaypod.lab.scenario;

import java.nio.charset.StandardCharsets;
import java.util.List;

import io.relaypod.lab.graph.DeliveryRule;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;

/**
 * A notification to the organiser, with a calendar that lists the booker. Graph would deliver it to the booker, who has
 * already got a message.
 */
final class CalendarBug implements Scenario {

    private static final String BOOKER = "booker@booker.example";

    @Override
    public int number() {
        return 8;
    }

    @Override
    public String name() {
        return "Graph calendar bug";
    }

    @Override
    public String expected() {
        return "the organiser gets the notification, the booker does not get it too";
    }

    @Override
    public ScenarioResult play(LabWorld world) throws Exception {
        Observer observer = new Observer(world);
        byte[] notification = notification();
        List<String> unprotected = DeliveryRule.recipients(notification);
        try (SmtpConversation smtp = observer.begin()) {
            Reply recipient = smtp.send("RCPT TO:<" + LabWorld.ORGANISER + ">");
            Reply sent = smtp.data(notification);
            observer.arrived();
            List<String> delivered = observer.deliveredByGraph("New booking");
            boolean holds = recipient.code() == 250
                    && sent.code() == 250
                    && unprotected.equals(List.of(BOOKER))
                    && delivered.equals(List.of(LabWorld.ORGANISER));
            return new ScenarioResult(
                    holds,
                    "without the relay to " + String.join(", ", unprotected) + ", with it to "
                            + String.join(", ", delivered),
                    TranscriptLines.of(smtp.transcript(), "RCPT"));
        }
    }

    private static byte[] notification() {
        return """
            From: Calendar <%s>
            To: %s
            Subject: New booking
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary="b"

            --b
            Content-Type: text/plain

            Somebody has booked an hour with you.
            --b
            Content-Type: application/ics; name="invite.ics"
            Content-Disposition: attachment; filename="invite.ics"

            %s--b--
            """.formatted(
                        Observer.APPLICATION,
                        LabWorld.ORGANISER,
                        new BookingEvent("1@organiser.example", LabWorld.ORGANISER, "Booker", BOOKER).lines())
                .replace("\n", "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
