package io.relaypod.server.activity;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.SubmittingClient;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;
import org.junit.jupiter.api.Test;
import org.threeten.extra.MutableClock;

class MailActivityTest {

    private static final SubmittingClient CLIENT = new SubmittingClient("1", InetAddress.getLoopbackAddress());
    private static final Instant NINE = Instant.parse("2026-11-27T09:00:00Z");

    private final MutableClock clock = MutableClock.of(NINE, ZoneOffset.UTC);
    private final MailActivity activity = new MailActivity(clock);

    @Test
    void mailsAreCountedByTheMailboxThatGraphSendsFromAndByClient() {
        receive("bounce+1@x.example", "app@x.example");
        receive("bounce+2@x.example", "app@x.example");
        receive("", "");

        MailActivity.ActivityReport report = activity.report(10);

        assertThat(report.senders())
                .containsExactly(new FrequentName("app@x.example", 2, 2), new FrequentName("<>", 1, 1));
        assertThat(report.clients()).containsExactly(new FrequentName("127.0.0.1", 3, 3));
        assertThat(report.since()).isEqualTo(NINE);
    }

    @Test
    void anHourAndADayEnd() {
        refuse("a.example");
        clock.setInstant(NINE.plus(Duration.ofMinutes(54)));
        assertThat(activity.report(1).refusedDomains()).containsExactly(new FrequentName("a.example", 1, 1));

        clock.setInstant(NINE.plus(Duration.ofMinutes(61)));
        refuse("b.example");
        assertThat(activity.report(2).refusedDomains())
                .containsExactly(new FrequentName("b.example", 1, 1), new FrequentName("a.example", 0, 1));

        clock.setInstant(NINE.plus(Duration.ofHours(24)));
        assertThat(activity.report(2).refusedDomains()).containsExactly(new FrequentName("b.example", 0, 1));
        clock.setInstant(NINE.plus(Duration.ofDays(400)));
        assertThat(activity.report(2).refusedDomains()).isEmpty();
    }

    @Test
    void oneOffRefusalsDoNotPushOutTheDomainThatCounts() {
        for (int i = 0; i < 2_000; i++) {
            refuse("gmial.example");
        }
        clock.setInstant(NINE.plus(Duration.ofHours(8)));
        for (int i = 0; i < 200_000; i++) {
            refuse("one-off-" + i + ".example");
        }

        assertThat(activity.report(200).refusedDomains())
                .hasSizeLessThanOrEqualTo(MailActivity.NAMES)
                .contains(new FrequentName("gmial.example", 0, 2_000));
    }

    @Test
    void aDomainThatReturnsAmongOneOffsIsFound() {
        for (int i = 0; i < 100_000; i++) {
            refuse("one-off-" + i + ".example");
            if (i % 50 == 0) {
                refuse("steady.example");
            }
        }

        FrequentName first = activity.report(1).refusedDomains().get(0);
        assertThat(first.name()).isEqualTo("steady.example");
        assertThat(first.day()).isBetween(1_900L, 2_000L);
    }

    @Test
    void temporaryRefusalsAreNotCountedAndWholeMailsCountForTheClient() {
        activity.onEvent(new RecipientRefused(
                CLIENT, "", "x@a.example", new RecipientAnswer(Outcome.DNS_FAILURE, 451, "4.4.3 later")));
        activity.onEvent(new MailRefused(CLIENT, "", List.of(), 552, "5.3.4 too large"));
        activity.onEvent(new MailRefused(CLIENT, "", List.of(), 451, "4.3.0 later"));

        assertThat(activity.report(9).refusedDomains()).isEmpty();
        assertThat(activity.report(9).refusedClients()).containsExactly(new FrequentName("127.0.0.1", 1, 1));
    }

    @Test
    void theMaskedReportHasNoLocalPartAndAddsUpADomain() {
        receive("a@x.example", "jane@x.example");
        receive("a@x.example", "john@x.example");
        receive("", "");
        activity.onEvent(new RecipientRefused(
                CLIENT, "", "no-domain-jane", new RecipientAnswer(Outcome.BAD_ADDRESS, 501, "5.1.3 no")));

        assertThat(activity.masked(10).senders())
                .containsExactly(new FrequentName("***@x.example", 2, 2), new FrequentName("<>", 1, 1));
        assertThat(activity.masked(10).toString()).doesNotContain("jane", "john");
    }

    @Test
    void aClockThatIsSetBackLosesNothing() {
        refuse("a.example");
        clock.setInstant(NINE.minus(Duration.ofHours(3)));
        refuse("a.example");

        assertThat(activity.report(1).refusedDomains()).containsExactly(new FrequentName("a.example", 2, 2));
    }

    @Test
    void namesOfAnyLengthAndContentAreBoundedAndPrintable() {
        refuse("x".repeat(100_000) + ".EXAMPLE");
        refuse("e\u001b[31mvil\u202e.example");

        assertThat(activity.report(9).refusedDomains())
                .allSatisfy(name -> assertThat(name.name())
                        .hasSizeLessThanOrEqualTo(320)
                        .doesNotContainPattern("[\\p{Cc}\\p{Cf}]"));
    }

    private void receive(String sender, String mailbox) {
        activity.onEvent(new MailReceived(CLIENT, "Mail1", "<1@x>", "", mailbox, sender, List.of("b@b.example"), 100));
    }

    private void refuse(String domain) {
        activity.onEvent(new RecipientRefused(
                CLIENT, "", "x@" + domain, new RecipientAnswer(Outcome.NO_MAIL_HOST, 550, "5.1.2 no")));
    }
}
