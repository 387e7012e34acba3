package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.relaypod.lab.gateway.Fault;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Subjects are personal data, which the setting TRACE_SUBJECTS keeps out of everything that is shown. */
class SubjectsTest {

    private static final String SUBJECT = "Diagnosis-4711";

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSubjectIsShownOnlyIfItMayBe(boolean isShown) throws Exception {
        try (LabWorld world = LabWorld.builder()
                .with("TRACE_SUBJECTS", String.valueOf(isShown))
                .start()) {
            ((MailpitStandIn) world.mailpit()).fail(Phase.CONNECT, new Fault.Close());
            String waiting = ClientMail.send(world, "app@organiser.example", "guest@example.com", SUBJECT);
            OperatorShell operator = OperatorShell.beside(world);
            await().until(() -> operator.text("trace", waiting).contains("deferred"));

            String shown = operator.text("trace", waiting)
                    + operator.text("trace", "--json", waiting)
                    + operator.text("queue", "list")
                    + operator.text("queue", "list", "--json");

            assertThat(shown).contains(waiting);
            assertThat(shown.replace("<" + SUBJECT + "@example.com>", "").contains(SUBJECT))
                    .isEqualTo(isShown);
        }
    }
}
