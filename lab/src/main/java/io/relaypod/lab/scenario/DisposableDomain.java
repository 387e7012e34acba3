package io.relaypod.lab.scenario;

import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;

/** Disposable addresses: at a domain without mail hosts, and at a domain with mail hosts. */
final class DisposableDomain implements Scenario {

    @Override
    public int number() {
        return 3;
    }

    @Override
    public String name() {
        return "disposable domain without infrastructure";
    }

    @Override
    public String expected() {
        return "refused; one with real MX records passes (the known limit)";
    }

    @Override
    public ScenarioResult play(LabWorld world) throws Exception {
        Observer observer = new Observer(world);
        try (SmtpConversation smtp = observer.begin()) {
            Reply without = smtp.send("RCPT TO:<bot@temp-mail-service.xyz>");
            Reply with = smtp.send("RCPT TO:<bot@disposable-with-mx.example>");
            boolean holds = Observer.isRefusedPermanently(without) && with.code() == 250 && observer.refusals() == 1;
            return new ScenarioResult(
                    holds,
                    without.code() + " without mail hosts, " + with.code() + " with them",
                    TranscriptLines.of(smtp.transcript(), "RCPT"));
        }
    }
}
