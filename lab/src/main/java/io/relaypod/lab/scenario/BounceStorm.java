package io.relaypod.lab.scenario;

import java.util.ArrayList;
import java.util.List;

import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;

/** RCPTs for hundreds of addresses, each at another fake domain. */
final class BounceStorm implements Scenario {

    private static final int ADDRESSES = 300;
    // The relay delays its replies in a session with many refusals.
    private static final int ADDRESSES_PER_CONNECTION = 10;

    @Override
    public int number() {
        return 5;
    }

    @Override
    public String name() {
        return "bounce storm";
    }

    @Override
    public String expected() {
        return "all refused before any mail leaves, no bounce made";
    }

    @Override
    public ScenarioResult play(LabWorld world) throws Exception {
        Observer observer = new Observer(world);
        List<Reply> replies = new ArrayList<>();
        List<String> transcript = new ArrayList<>();
        for (int connection = 0; connection < ADDRESSES / ADDRESSES_PER_CONNECTION; connection++) {
            try (SmtpConversation smtp = observer.begin()) {
                for (int address = 0; address < ADDRESSES_PER_CONNECTION; address++) {
                    replies.add(smtp.send("RCPT TO:<user" + address + "@storm" + connection + "-" + address + ".xyz>"));
                }
                transcript.addAll(TranscriptLines.of(smtp.transcript(), "RCPT"));
            }
        }
        long refused = replies.stream().filter(Observer::isRefusedPermanently).count();
        int arrived = observer.arrived().size();
        boolean holds = refused == ADDRESSES && arrived == 0 && observer.refusals() == ADDRESSES;
        return new ScenarioResult(
                holds, refused + " of " + ADDRESSES + " refused, " + arrived + " in Mailpit", transcript.subList(0, 4));
    }
}
