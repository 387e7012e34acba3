package io.relaypod.lab.scenario;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;

import io.relaypod.lab.graph.GraphMail;
import io.relaypod.lab.graph.LoginFailure;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;

/** Entra refuses smtp2graph's secret while messages arrive, until the secret is renewed. */
final class ExpiredSecret implements Scenario {

    private static final int MAILS = 20;

    @Override
    public int number() {
        return 9;
    }

    @Override
    public String name() {
        return "expired secret";
    }

    @Override
    public boolean needsSmtp2GraphFiles() {
        return true;
    }

    @Override
    public String expected() {
        return "seen within seconds, smtp2graph has a handful, all is sent once after the renewal";
    }

    @Override
    public ScenarioResult play(LabWorld world) throws Exception {
        Observer observer = new Observer(world);
        String subject = "Your booking " + UUID.randomUUID();
        // Messages of earlier scenarios would be counted too.
        Observer.await(() -> world.queuedMails() == 0);
        world.graph().refuseLogin(LoginFailure.secretExpired());
        restart(world);
        try {
            List<String> transcript = new ArrayList<>();
            for (int mail = 0; mail < MAILS; mail++) {
                transcript = send(observer, subject + " " + mail);
            }
            Duration seen = Observer.await(() -> world.count("relaypod_graph_secret_refused") == 1);
            int inSmtp2graph = world.smtp2graph().pending();
            long queued = world.queuedMails();
            world.graph().acceptAgain();
            restart(world);
            Duration sent = Observer.await(() -> sent(world, subject).size() >= MAILS && world.queuedMails() == 0);
            List<String> atGraph = sent(world, subject);
            boolean holds = queued == MAILS
                    && inSmtp2graph < MAILS
                    && atGraph.size() == MAILS
                    && new HashSet<>(atGraph).size() == MAILS;
            return new ScenarioResult(
                    holds,
                    "seen after " + seen.toSeconds() + " s with " + inSmtp2graph + " of " + queued + " in smtp2graph; "
                            + atGraph.size() + " sent " + sent.toSeconds() + " s after the renewal",
                    transcript);
        } finally {
            world.graph().acceptAgain();
        }
    }

    // smtp2graph reads a new secret only at its start. A restart also drops the token, which would be valid for an
    // hour.
    private static void restart(LabWorld world) throws Exception {
        world.smtp2graph().kill();
        world.smtp2graph().up();
    }

    private static List<String> send(Observer observer, String subject) throws Exception {
        try (SmtpConversation smtp = observer.begin()) {
            smtp.send("RCPT TO:<guest@example.com>");
            smtp.data(Observer.mail("guest@example.com", subject));
            return TranscriptLines.of(smtp.transcript(), "RCPT");
        }
    }

    private static List<String> sent(LabWorld world, String subject) {
        return world.graph().mails().stream()
                .map(GraphMail::subject)
                .filter(text -> text.startsWith(subject))
                .toList();
    }
}
