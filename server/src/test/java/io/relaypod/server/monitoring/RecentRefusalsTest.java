package io.relaypod.server.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Clock;
import java.util.List;

import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.SubmittingClient;
import io.relaypod.server.monitoring.RecentRefusals.RecentRefusal;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;
import org.junit.jupiter.api.Test;

class RecentRefusalsTest {

    private static final SubmittingClient CLIENT = new SubmittingClient("1", InetAddress.getLoopbackAddress());

    private final RecentRefusals refusals = new RecentRefusals(Clock.systemUTC());

    @Test
    void noLocalPartIsStored() {
        refusals.onEvent(rcpt("jane.doe@nowhere.example"));
        refusals.onEvent(new MailRefused(
                CLIENT, "john@a.example", List.of("jane.doe@b.example"), 550, "5.7.1 john@a.example may not send"));

        assertThat(refusals.latest()).extracting(RecentRefusal::direction).containsExactly("from", "to");
        assertThat(refusals.latest().toString())
                .contains("***@nowhere.example", "***@a.example")
                .doesNotContain("jane", "john");
    }

    @Test
    void anEqualRefusalIsCountedAndComesFirst() {
        refusals.onEvent(rcpt("a@one.example"));
        refusals.onEvent(rcpt("a@two.example"));
        refusals.onEvent(rcpt("b@one.example"));

        assertThat(refusals.latest())
                .extracting(RecentRefusal::address)
                .containsExactly("***@one.example", "***@two.example");
        assertThat(refusals.latest()).extracting(RecentRefusal::times).containsExactly(2L, 1L);
    }

    @Test
    void aFloodOfDomainsLeavesABoundedNumberOfShortEntries() {
        for (int i = 0; i < 10_000; i++) {
            refusals.onEvent(rcpt("x@" + i + "y".repeat(500) + ".example"));
        }

        assertThat(refusals.latest())
                .hasSize(RecentRefusals.MAX_ENTRIES)
                .allMatch(refusal -> refusal.address().length() <= 257);
    }

    private static MailEvent rcpt(String recipient) {
        return new RecipientRefused(
                CLIENT, "john@a.example", recipient, new RecipientAnswer(Outcome.NO_MAIL_HOST, 550, "5.1.2 no"));
    }
}
