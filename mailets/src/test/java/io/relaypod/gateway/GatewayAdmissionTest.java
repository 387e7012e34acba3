package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GatewayAdmissionTest {

    private static final int SMALL = 4000;
    private static final int LARGE = 3 << 20;
    private static final Duration LONG = Duration.ofSeconds(20);

    private final GatewayAdmission admission = new GatewayAdmission(8 << 20);

    @Test
    void large_mails_are_few_at_a_time_and_small_ones_pass() {
        try (GatewayAdmission.Pass first = admission.tryEnter(LARGE).orElseThrow();
                GatewayAdmission.Pass second = admission.tryEnter(LARGE).orElseThrow()) {
            assertThat(admission.tryEnter(LARGE)).isEmpty();
            CompletableFuture<Optional<GatewayAdmission.Pass>> third = later(LARGE, false);
            for (int small = 0; small < 50; small++) {
                assertThat(admission.tryEnter(SMALL)).as("small").isPresent();
            }
            assertThat(third).isNotDone();
            assertThat(admission.largeBytes()).isEqualTo(2 * LARGE);
            first.close();
            await().atMost(LONG).until(third::isDone);
        }
    }

    @Test
    void a_mail_that_is_larger_than_the_bound_goes_when_no_other_large_one_does() {
        GatewayAdmission.Pass large = admission.tryEnter(LARGE).orElseThrow();
        assertThat(admission.tryEnter(100 << 20)).isEmpty();
        large.close();
        assertThat(admission.tryEnter(100 << 20)).isPresent();
        assertThat(admission.tryEnter(SMALL)).isPresent();
    }

    @Test
    void large_mails_that_wait_enter_in_their_order() {
        GatewayAdmission.Pass most = admission.tryEnter(7 << 20).orElseThrow();
        CompletableFuture<Optional<GatewayAdmission.Pass>> first = later(6 << 20, false);
        await().atMost(LONG).until(() -> admission.tryEnter(200 << 10).isEmpty());
        most.close();
        await().atMost(LONG).until(first::isDone);
    }

    @Test
    void patience_ends() throws Exception {
        try (GatewayAdmission.Pass all = admission.tryEnter(8 << 20).orElseThrow()) {
            assertThat(admission.enter(LARGE, false, Duration.ofMillis(50))).isEmpty();
            assertThat(all.isAlone()).isTrue();
        }
        assertThat(admission.tryEnter(LARGE)).as("who gave up holds nobody up").isPresent();
    }

    @Test
    void a_suspect_is_alone_and_the_others_wait_for_it() throws Exception {
        GatewayAdmission.Pass before = admission.tryEnter(SMALL).orElseThrow();
        CompletableFuture<Optional<GatewayAdmission.Pass>> suspect = later(SMALL, true);
        await().atMost(LONG)
                .until(() -> admission
                        .tryEnter(SMALL)
                        .map(pass -> {
                            pass.close();
                            return false;
                        })
                        .orElse(true));
        before.close();
        GatewayAdmission.Pass alone = suspect.get().orElseThrow();
        assertThat(admission.tryEnter(SMALL)).isEmpty();
        CompletableFuture<Optional<GatewayAdmission.Pass>> next = later(SMALL, false);
        assertThat(alone.isAlone()).isTrue();
        alone.close();
        assertThat(next.get()).isPresent();
    }

    private CompletableFuture<Optional<GatewayAdmission.Pass>> later(long bytes, boolean asksToBeAlone) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return admission.enter(bytes, asksToBeAlone, LONG);
            } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
            }
        });
    }
}
