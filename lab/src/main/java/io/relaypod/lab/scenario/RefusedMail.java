package io.relaypod.lab.scenario;

import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;

/** A message to one address, which must be refused at RCPT, with DATA refused and no message in Mailpit. */
final class RefusedMail {

    private RefusedMail() {}

    static ScenarioResult play(LabWorld world, String recipient) throws Exception {
        Observer observer = new Observer(world);
        try (SmtpConversation smtp = observer.begin()) {
            Reply refusal = smtp.send("RCPT TO:<" + recipient + ">");
            Reply data = smtp.send("DATA");
            int arrived = observer.arrived().size();
            long refusals = observer.refusals();
            boolean holds =
                    Observer.isRefusedPermanently(refusal) && data.code() == 503 && arrived == 0 && refusals == 1;
            return new ScenarioResult(
                    holds,
                    refusal.code() + " at RCPT, DATA " + data.code() + ", " + arrived + " in Mailpit, " + refusals
                            + " counted",
                    TranscriptLines.of(smtp.transcript(), "RCPT", "DATA"));
        }
    }
}
