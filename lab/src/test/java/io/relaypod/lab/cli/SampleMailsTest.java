package io.relaypod.lab.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;

import io.relaypod.lab.dns.LabDns;
import io.relaypod.lab.graph.GraphMail;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.Test;

class SampleMailsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final StringWriter shown = new StringWriter();

    @Test
    void theSampleMessagesReachOnlyTheGuestAndTheOrganiser() throws Exception {
        try (LabWorld world = LabWorld.builder().with("STRIP_ICS_MODE", "auto").start()) {
            assertThat(new SampleMails(world.smtpAddress(), new PrintWriter(shown)).send())
                    .isTrue();

            await().atMost(PATIENCE).until(() -> world.graph().mails().size() == 2);
            assertThat(world.graph().mails())
                    .extracting(GraphMail::subject, GraphMail::deliveredTo)
                    .containsExactlyInAnyOrder(
                            tuple("Your booking", List.of("guest@gmail.com")),
                            tuple("New booking", List.of("organiser@outlook.com")));
            assertThat(shown.toString()).contains("550 5.1.2");
        }
    }

    @Test
    void theResultIsFalseIfAMessageIsRefused() throws Exception {
        try (LabDns without = LabDns.serving("example.com. IN MX 10 mx.example.com.");
                LabWorld world = LabWorld.builder()
                        .with("DNS_SERVERS", "127.0.0.1:" + without.address().getPort())
                        .start()) {
            assertThat(new SampleMails(world.smtpAddress(), new PrintWriter(shown)).send())
                    .isFalse();
        }
    }
}
