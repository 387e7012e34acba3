package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.List;
import java.util.Map;

import io.relaypod.lab.gateway.Fault;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Subjects are personal data. If TRACE_SUBJECTS is off, no page, command or file shows them. */
class SubjectsTest {

    private static final String SUBJECT = "Diagnosis-4711";
    private static final String MESSAGE_ID = "<" + SUBJECT + "@example.com>";

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSubjectIsShownOnlyIfConfigured(boolean isShown) throws Exception {
        try (LabWorld world = LabWorld.builder()
                .with("TRACE_SUBJECTS", String.valueOf(isShown))
                .start()) {
            MailpitStandIn mailpit = (MailpitStandIn) world.mailpit();
            OperatorShell operator = OperatorShell.beside(world);
            mailpit.answer(Phase.CONTENT, "554 5.6.0 no");
            String failed = send(world);
            await().until(() -> operator.text("failed").contains(failed));
            mailpit.fail(Phase.CONNECT, new Fault.Close());
            mailpit.fail(Phase.MAIL, new Fault.Close());
            String waiting = send(world);
            await().until(() -> operator.text("trace", waiting).contains("deferred"));

            Map<String, List<String>> commands = Map.of(
                    failed,
                    List.of("failed", "failed --json"),
                    waiting,
                    List.of("trace " + waiting, "trace --json " + waiting, "queue list", "queue list --json"));
            commands.forEach((queueId, ofMail) -> assertThat(ofMail).allSatisfy(command -> {
                String shown = operator.text(command.split(" "));
                assertThat(shown).contains(queueId);
                assertThat(shown.replace(MESSAGE_ID, "").contains(SUBJECT)).isEqualTo(isShown);
            }));
        }
    }

    private static String send(LabWorld world) throws IOException {
        return ClientMail.send(world, "app@organiser.example", "guest@example.com", SUBJECT);
    }
}
