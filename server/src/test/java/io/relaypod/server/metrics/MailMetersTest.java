package io.relaypod.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.events.MailEvent.CalendarNarrowed;
import io.relaypod.events.MailEvent.CalendarStripped;
import io.relaypod.events.MailEvent.DeliveryDeferred;
import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEvent.MailQueued;
import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEvent.RecipientsAligned;
import io.relaypod.events.MailEvent.RecipientsSplit;
import io.relaypod.events.MailEvent.SenderAligned;
import io.relaypod.events.SubmittingClient;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MailMetersTest {

    private static final Instant NOW = Instant.ofEpochMilli(1_700_000_010_000L);
    private static final String QUEUE_ID = "Mail1700000000000-3f1c";
    private static final List<String> TO = List.of("guest@example.com");
    private static final SubmittingClient CLIENT = new SubmittingClient("1", InetAddress.getLoopbackAddress());

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final MailMeters meters = new MailMeters(registry);

    @Test
    void aRecipientIsCountedByVerdictAndAnswer() {
        meters.onEvent(
                new RecipientAccepted(CLIENT, "a@a.example", "b@b.example", new RecipientAnswer(Outcome.MX, 250, "")));
        meters.onEvent(new RecipientRefused(
                CLIENT, "a@a.example", "b@b.example", new RecipientAnswer(Outcome.NULL_MX, 556, "5.1.10")));
        meters.onEvent(new RecipientRefused(
                CLIENT, "a@a.example", "b@b.example", new RecipientAnswer(Outcome.DNS_BUSY, 451, "4.4.3")));

        assertThat(count("relaypod.rcpt", "verdict", "mx", "answer", "accepted"))
                .isEqualTo(1);
        assertThat(count("relaypod.rcpt", "verdict", "null_mx", "answer", "refused"))
                .isEqualTo(1);
        assertThat(count("relaypod.rcpt", "verdict", "dns_busy", "answer", "later"))
                .isEqualTo(1);
    }

    @Test
    void theCounterOfEachVerdictExistsFromTheStart() {
        assertThat(registry.get("relaypod.rcpt").counters())
                .hasSameSizeAs(Outcome.values())
                .allMatch(counter -> counter.count() == 0);
    }

    @Test
    void eachEventOfAMessageIsCounted() {
        meters.onEvent(new MailReceived(CLIENT, QUEUE_ID, "<1@a.example>", "", "", "a@a.example", TO, 1_234));
        meters.onEvent(new MailQueued(QUEUE_ID, TO));
        meters.onEvent(new MailDelivered(QUEUE_ID, TO, "gateway", "250 ok"));
        meters.onEvent(new MailFailed(QUEUE_ID, "a@a.example", TO, "554 no"));
        meters.onEvent(new MailRefused(CLIENT, "a@a.example", TO, 552, "5.3.4 too big"));

        assertThat(count("relaypod.mail.accepted")).isEqualTo(1);
        assertThat(count("relaypod.mail.accepted.bytes")).isEqualTo(1_234);
        assertThat(count("relaypod.mail.delivered")).isEqualTo(1);
        assertThat(count("relaypod.mail.failed")).isEqualTo(1);
        assertThat(count("relaypod.mail.refused", "code", "552")).isEqualTo(1);
    }

    @Test
    void aDeliveryIsTimedFromTheReceiptTimeInTheQueueId() {
        meters.onEvent(new MailDelivered(QUEUE_ID, TO, "gateway", "250 ok", NOW));
        meters.onEvent(new MailDelivered(QUEUE_ID + "-!1234567", TO, "gateway", "250 ok", NOW));
        meters.onEvent(new MailDelivered("somebody-else's-id", TO, "gateway", "250 ok", NOW));

        assertThat(registry.get("relaypod.delivery").timer().count()).isEqualTo(2);
        assertThat(registry.get("relaypod.delivery").timer().max(TimeUnit.SECONDS))
                .isEqualTo(10);
    }

    @ParameterizedTest
    @EnumSource(DeferralReason.class)
    void aFailedAttemptIsCountedByItsCause(DeferralReason cause) {
        meters.onEvent(new DeliveryDeferred(QUEUE_ID, TO, cause, "451 4.3.0 later", Duration.ofMinutes(1)));

        assertThat(count("relaypod.mail.deferred", "reason", cause.name().toLowerCase(Locale.ROOT)))
                .isEqualTo(1);
        assertThat(count("relaypod.mail.deferred")).isEqualTo(1);
    }

    @Test
    void calendarChangesAreCountedByPartAndHeaderChangesByMessage() {
        meters.onEvent(new CalendarStripped(QUEUE_ID, TO, 3, 1, 2));
        meters.onEvent(new CalendarStripped(QUEUE_ID, TO, 0, 0, 1));
        meters.onEvent(new CalendarNarrowed(QUEUE_ID, TO, 2, 1, 0));
        meters.onEvent(new RecipientsAligned(QUEUE_ID, TO));
        meters.onEvent(new SenderAligned(QUEUE_ID, TO));
        meters.onEvent(new RecipientsSplit(QUEUE_ID, TO, 3));

        assertThat(count("relaypod.calendar.parts.stripped")).isEqualTo(3);
        assertThat(count("relaypod.calendar.parts.narrowed")).isEqualTo(2);
        assertThat(count("relaypod.calendar.signatures.dropped")).isEqualTo(2);
        assertThat(count("relaypod.calendar.sealed")).isEqualTo(3);
        assertThat(count("relaypod.headers.aligned")).isEqualTo(1);
        assertThat(count("relaypod.sender.aligned")).isEqualTo(1);
        assertThat(count("relaypod.mail.split")).isEqualTo(1);
    }

    private double count(String name, String... tags) {
        return registry.get(name).tags(tags).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }
}
