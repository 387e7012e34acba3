package io.relaypod.lab.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;

/** A flood of RCPTs to a few fake domains. */
final class ResourceExhaustion implements Scenario {

    private static final int CONNECTIONS = 100;
    private static final int DOMAINS = 10;

    @Override
    public int number() {
        return 6;
    }

    @Override
    public String name() {
        return "resource exhaustion";
    }

    @Override
    public String expected() {
        return "lookups cached: one DNS query a fake domain, however many RCPTs";
    }

    @Override
    public ScenarioResult play(LabWorld world) throws Exception {
        Observer observer = new Observer(world);
        long queriesBefore = queries(world);
        List<Reply> replies = new ArrayList<>();
        List<String> transcript = new ArrayList<>();
        for (int connection = 0; connection < CONNECTIONS; connection++) {
            try (SmtpConversation smtp = observer.begin()) {
                for (int domain = 0; domain < DOMAINS; domain++) {
                    replies.add(smtp.send("RCPT TO:<bot" + connection + "@flood" + domain + ".xyz>"));
                }
                transcript.addAll(TranscriptLines.of(smtp.transcript(), "RCPT"));
            }
        }
        long refused = replies.stream().filter(Observer::isRefusedPermanently).count();
        long queries = queries(world) - queriesBefore;
        boolean holds = refused == CONNECTIONS * DOMAINS && queries == DOMAINS && observer.refusals() == refused;
        return new ScenarioResult(
                holds, refused + " RCPTs refused with " + queries + " DNS queries", transcript.subList(0, 2));
    }

    // Counts only the names of this scenario. The relay also queries names that must exist, to check its DNS servers.
    private static long queries(LabWorld world) {
        return IntStream.range(0, DOMAINS)
                .mapToLong(domain -> world.dns().count("flood" + domain + ".xyz"))
                .sum();
    }
}
