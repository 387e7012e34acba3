package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.relaypod.lab.graph.GraphFailure;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.Test;

/** {@code relaypod doctor --send-to}: a message that is followed to Graph's answer. */
class TrialMailTest {

    @Test
    void theTrialReportsGraphsAnswer() throws Exception {
        try (LabWorld world = LabWorld.builder().followingGraph().start()) {
            assertThat(trial(world, "app@organiser.example"))
                    .contains("Graph accepted the mail: graph-accepted at ")
                    .doesNotContain("not delivered");
            assertThat(world.graph().mails()).hasSize(1);

            world.graph().refuse("denied@organiser.example", GraphFailure.accessDenied());
            assertThat(trial(world, "denied@organiser.example"))
                    .contains("the mail is not delivered: graph-stuck at ", "access_denied")
                    .doesNotContain("Graph accepted the mail");
        }
    }

    private static String trial(LabWorld world, String mailbox) {
        return OperatorShell.beside(world)
                .with("LISTEN_ADDR", "127.0.0.1:" + world.smtpAddress().getPort())
                .with("SMTP2GRAPH_DATA", world.smtp2graph().data().toString())
                .text(
                        "doctor",
                        "--send-to",
                        "guest@example.com",
                        "--from",
                        mailbox,
                        "--smtp2graph",
                        "127.0.0.1:" + world.smtp2graph().address().getPort());
    }
}
