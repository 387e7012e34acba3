package io.relaypod.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.math.BigDecimal;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.relaypod.events.MailEvent.CalendarNarrowed;
import io.relaypod.events.MailEvent.CalendarStripped;
import io.relaypod.events.MailEvent.DeliveryAttempted;
import io.relaypod.events.MailEvent.DeliveryDeferred;
import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEvent.MailQueued;
import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.MailEvent.MailRemoved;
import io.relaypod.events.MailEvent.MailReprocessed;
import io.relaypod.events.MailEvent.MailStored;
import io.relaypod.events.MailEvent.MailWaiting;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEvent.RecipientsAligned;
import io.relaypod.events.MailEvent.RecipientsSplit;
import io.relaypod.events.MailEvent.SenderAligned;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class MailEventLogTest {

    private static final SubmittingClient CLIENT = new SubmittingClient("s1", InetAddress.getLoopbackAddress());
    private static final RecipientAnswer NO_MX = new RecipientAnswer(Outcome.NO_MAIL_HOST, 550, "5.1.2 no MX record");
    private static final List<MailEvent> ONE_OF_EACH = List.of(
            new RecipientAccepted(CLIENT, "alice@a.example", "bob@b.example", new RecipientAnswer(Outcome.MX, 250, "")),
            new RecipientRefused(CLIENT, "alice@a.example", "bob@b.example", NO_MX),
            new MailRefused(
                    CLIENT, "alice@a.example", List.of("bob@b.example"), 550, "5.7.1 not from <alice@a.example>"),
            new MailReceived(
                    CLIENT, "Mail1", "<1@a.example>", "", "", "alice@a.example", List.of("bob@b.example"), 512),
            new CalendarStripped("Mail1", List.of("bob@b.example"), 2, 0, 0),
            new CalendarNarrowed("Mail1", List.of("bob@b.example"), 1, 1, 0),
            new RecipientsAligned("Mail1", List.of("bob@b.example")),
            new SenderAligned("Mail1", List.of("bob@b.example")),
            new RecipientsSplit("Mail1", List.of("bob@b.example"), 3),
            new MailQueued("Mail1", List.of("bob@b.example")),
            new MailWaiting("Mail1", List.of("bob@b.example"), "why"),
            new DeliveryAttempted("Mail1", List.of("bob@b.example"), "gateway.example"),
            new DeliveryDeferred(
                    "Mail1",
                    List.of("bob@b.example"),
                    DeferralReason.REFUSED,
                    "451 4.3.0 <bob@b.example> later",
                    Duration.ofMinutes(1)),
            new MailDelivered(
                    "Mail1", List.of("bob@b.example"), "gateway.example", "250 2.0.0 \"ok\" for bob@b.example"),
            new MailFailed(
                    "Mail1",
                    "alice@a.example",
                    List.of("bob@b.example"),
                    "550 bob@b.example\r\nevent=delivered queue-id=Mail1"),
            new MailStored(
                    "Mail1", "alice@a.example", List.of("bob@b.example"), "var/mail/failed", "550 bob@b.example"),
            new MailReprocessed("Mail1", "alice@a.example", List.of("bob@b.example")),
            new MailRemoved("Mail1", "alice@a.example", List.of("bob@b.example"), "var/mail/failed", "by an operator"));

    private final Logger logger = (Logger) LoggerFactory.getLogger(MailEventLog.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(lines);
        logger.setLevel(null);
    }

    @Test
    void atInfoNoLineHoldsALocalPart() {
        logger.setLevel(Level.INFO);

        publishAll(false);

        assertThat(written()).doesNotContain("alice@", "bob@").contains("***@b.example");
    }

    @Test
    void atDebugEveryEventHasALineWithItsAddresses() {
        logger.setLevel(Level.DEBUG);

        publishAll(false);

        assertThat(lines.list)
                .hasSameSizeAs(ONE_OF_EACH)
                .allSatisfy(line -> assertThat(line.getFormattedMessage()).contains("bob@b.example"));
    }

    @Test
    void addressesAreWrittenAtInfoWhenThatIsWanted() {
        logger.setLevel(Level.INFO);

        publishAll(true);

        assertThat(written()).contains("from=<alice@a.example> rcpts=1 to=bob@b.example");
    }

    @Test
    void whatOthersSaidStaysOneValueOfOneLine() {
        logger.setLevel(Level.INFO);

        publishAll(false);

        assertThat(written())
                .contains(
                        "reply=\"250 2.0.0 \\\"ok\\\" for ***@b.example\"",
                        "reason=\"550 ***@b.example  event=delivered queue-id=Mail1\"");
        assertThat(lines.list)
                .allSatisfy(line -> assertThat(line.getFormattedMessage())
                        .doesNotContain("\n")
                        .startsWith("event="));
    }

    @Test
    void aFloodOfRefusalsIsWrittenTenTimesASecondAndAllOfItIsPassedOn() {
        logger.setLevel(Level.INFO);
        List<MailEvent> heard = new ArrayList<>();
        MailEventPublisher events = new MailEventLog(false, List.of(heard::add));

        for (int i = 0; i < 1_000; i++) {
            events.publish(new RecipientRefused(CLIENT, "alice@a.example", "bob" + i + "@b.example", NO_MX));
        }

        assertThat(heard).hasSize(1_000);
        assertThat(lines.list.size())
                .as("in one second, or in some on a busy machine")
                .isBetween(10, 200);
    }

    @Test
    void aListenerThatFailsDisturbsNeitherTheMailNorTheOthers() {
        List<MailEvent> heard = new ArrayList<>();
        MailEventPublisher events = new MailEventLog(
                false,
                List.of(
                        event -> {
                            throw new IllegalStateException("broken");
                        },
                        heard::add));

        assertThatCode(() -> ONE_OF_EACH.forEach(events::publish)).doesNotThrowAnyException();

        assertThat(heard).containsExactlyElementsOf(ONE_OF_EACH);
    }

    @Test
    void aDeliverySaysHowLongItTookInSeconds() {
        logger.setLevel(Level.INFO);

        new MailEventLog(false, List.of())
                .publish(new MailDelivered(
                        "Mail1700000000000-3f1c",
                        List.of("bob@b.example"),
                        "gateway.example",
                        "250 ok",
                        Instant.ofEpochMilli(1_700_000_001_087L)));

        assertThat(written())
                .isEqualTo(
                        "event=delivered queue-id=Mail1700000000000-3f1c rcpts=1 gateway=gateway.example reply=\"250 ok\" delay=1.087");
        assertThat(lines.list.get(0).getKeyValuePairs())
                .extracting(pair -> pair.key)
                .containsExactly("event", "queue-id", "rcpts", "gateway", "reply", "delay");
        assertThat(lines.list.get(0).getKeyValuePairs())
                .extracting(pair -> pair.value)
                .contains(1, new BigDecimal("1.087"));
    }

    @Test
    void linesHaveTheirKeysInTheOrderThatOperatorsKnow() {
        logger.setLevel(Level.DEBUG);

        publishAll(false);

        assertThat(written().replaceAll("=(\"(\\\\.|[^\"])*\"|\\S*)", ""))
                .isEqualTo(String.join(
                        "\n",
                        "event session client domain verdict code from to",
                        "event session client domain verdict code from to",
                        "event session client code reason from rcpts to",
                        "event queue-id session client size message-id from rcpts to",
                        "event queue-id rcpts to calendars signatures-dropped sealed",
                        "event queue-id rcpts to calendars signatures-dropped sealed",
                        "event queue-id rcpts to",
                        "event queue-id rcpts to",
                        "event queue-id rcpts to copies",
                        "event queue-id rcpts to",
                        "event queue-id rcpts to reason",
                        "event queue-id rcpts to gateway",
                        "event queue-id rcpts to retry-in reason",
                        "event queue-id rcpts to gateway reply",
                        "event queue-id reason from rcpts to",
                        "event queue-id repository reason from rcpts to",
                        "event queue-id from rcpts to",
                        "event queue-id place reason from rcpts to"));
    }

    private static void publishAll(boolean showsAddresses) {
        MailEventPublisher events = new MailEventLog(showsAddresses, List.of());
        ONE_OF_EACH.forEach(events::publish);
    }

    private String written() {
        return String.join(
                "\n",
                lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
    }

    @Test
    void noValueIsOfAnyLength() {
        String huge = "x".repeat(1_000_000);
        MailEventLog log = new MailEventLog(false, List.of());

        log.publish(new MailReceived(CLIENT, "Mail1", "<" + huge + ">", "", "", huge, List.of(huge), 1));
        log.publish(new DeliveryDeferred("Mail1", List.of(huge), DeferralReason.REFUSED, huge, Duration.ofMinutes(1)));
        log.publish(new RecipientRefused(CLIENT, huge, huge + "@" + huge, NO_MX));

        assertThat(lines.list)
                .hasSize(3)
                .allSatisfy(line -> assertThat(line.getFormattedMessage()).hasSizeLessThan(2_000));
    }
}
