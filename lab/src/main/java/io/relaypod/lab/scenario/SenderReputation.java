package io.relaypod.lab.scenario;

import java.util.List;

import io.relaypod.lab.gateway.ReceivedMail;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;

/** A message to a good and a bad domain, both listed in To. */
final class SenderReputation implements Scenario {

    @Override
    public int number() {
        return 7;
    }

    @Override
    public String name() {
        return "sender reputation";
    }

    @Override
    public String expected() {
        return "the good address gets the mail, the bad one never reaches Microsoft 365, not by header either";
    }

    @Override
    public ScenarioResult play(LabWorld world) throws Exception {
        Observer observer = new Observer(world);
        try (SmtpConversation smtp = observer.begin()) {
            Reply good = smtp.send("RCPT TO:<guest@example.com>");
            Reply bad = smtp.send("RCPT TO:<spammer@nonexistent-domain.xyz>");
            Reply sent = smtp.data(Observer.mail("guest@example.com, spammer@nonexistent-domain.xyz", "Your booking"));
            List<String> recipients = observer.arrived().stream()
                    .map(ReceivedMail::recipients)
                    .flatMap(List::stream)
                    .toList();
            List<String> delivered = observer.deliveredByGraph("Your booking");
            boolean holds = good.code() == 250
                    && Observer.isRefusedPermanently(bad)
                    && sent.code() == 250
                    && recipients.equals(List.of("guest@example.com"))
                    && delivered.equals(recipients);
            return new ScenarioResult(
                    holds, "Graph delivers to " + delivered, TranscriptLines.of(smtp.transcript(), "RCPT"));
        }
    }
}
