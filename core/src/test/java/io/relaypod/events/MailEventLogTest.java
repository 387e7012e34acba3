package io.relaypod.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.relaypod.events.MailEvent.Changed;
import io.relaypod.events.MailEvent.Deferred;
import io.relaypod.events.MailEvent.Delivered;
import io.relaypod.events.MailEvent.Failed;
import io.relaypod.events.MailEvent.Kept;
import io.relaypod.events.MailEvent.Queued;
import io.relaypod.events.MailEvent.Received;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEvent.Refused;
import io.relaypod.events.MailEvent.Removed;
import io.relaypod.events.MailEvent.SentAgain;
import io.relaypod.events.MailEvent.Tried;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class MailEventLogTest {

    private static final Client CLIENT = new Client("s1", InetAddress.getLoopbackAddress());
    private static final RecipientAnswer NO_MX = new RecipientAnswer(Outcome.NO_MAIL_HOST, 550, "5.1.2 no MX record");
    private static final List<MailEvent> ONE_OF_EACH = List.of(
            new RecipientAccepted(CLIENT, "alice@a.example", "bob@b.example", new RecipientAnswer(Outcome.MX, 250, "")),
            new RecipientRefused(CLIENT, "alice@a.example", "bob@b.example", NO_MX),
            new Refused(CLIENT, "alice@a.example", List.of("bob@b.example"), 550, "5.7.1 not from <alice@a.example>"),
            new Received(CLIENT, "Mail1", "<1@a.example>", "alice@a.example", List.of("bob@b.example"), 512),
            new Changed("Mail1", "calendar-stripped", List.of("bob@b.example"), Map.of("calendars", 2)),
            new Queued("Mail1", List.of("bob@b.example")),
            new Tried("Mail1", List.of("bob@b.example"), "gateway.example"),
            new Deferred(
                    "Mail1",
                    List.of("bob@b.example"),
                    DeferralReason.REFUSED,
                    "451 4.3.0 <bob@b.example> later",
                    Duration.ofMinutes(1)),
            new Delivered("Mail1", List.of("bob@b.example"), "gateway.example", "250 2.0.0 \"ok\" for bob@b.example"),
            new Failed(
                    "Mail1",
                    "alice@a.example",
                    List.of("bob@b.example"),
                    "550 bob@b.example\r\nevent=delivered queue-id=Mail1"),
            new Kept("Mail1", "alice@a.example", List.of("bob@b.example"), "var/mail/failed", "550 bob@b.example"),
            new SentAgain("Mail1", "alice@a.example", List.of("bob@b.example")),
            new Removed("Mail1", "alice@a.example", List.of("bob@b.example"), "var/mail/failed", "by an operator"));

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

        tellAll(false);

        assertThat(written()).doesNotContain("alice@", "bob@").contains("***@b.example");
    }

    @Test
    void atDebugEveryEventHasALineWithItsAddresses() {
        logger.setLevel(Level.DEBUG);

        tellAll(false);

        assertThat(lines.list)
                .hasSameSizeAs(ONE_OF_EACH)
                .allSatisfy(line -> assertThat(line.getFormattedMessage()).contains("bob@b.example"));
    }

    @Test
    void addressesAreWrittenAtInfoWhenThatIsWanted() {
        logger.setLevel(Level.INFO);

        tellAll(true);

        assertThat(written()).contains("from=<alice@a.example> rcpts=1 to=bob@b.example");
    }

    @Test
    void whatOthersSaidStaysOneValueOfOneLine() {
        logger.setLevel(Level.INFO);

        tellAll(false);

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
            events.tell(new RecipientRefused(CLIENT, "alice@a.example", "bob" + i + "@b.example", NO_MX));
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

        assertThatCode(() -> ONE_OF_EACH.forEach(events::tell)).doesNotThrowAnyException();

        assertThat(heard).containsExactlyElementsOf(ONE_OF_EACH);
    }

    private static void tellAll(boolean showsAddresses) {
        MailEventPublisher events = new MailEventLog(showsAddresses, List.of());
        ONE_OF_EACH.forEach(events::tell);
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

        log.tell(new Received(CLIENT, "Mail1", "<" + huge + ">", huge, List.of(huge), 1));
        log.tell(new Deferred("Mail1", List.of(huge), DeferralReason.REFUSED, huge, Duration.ofMinutes(1)));
        log.tell(new RecipientRefused(CLIENT, huge, huge + "@" + huge, NO_MX));

        assertThat(lines.list)
                .hasSize(3)
                .allSatisfy(line -> assertThat(line.getFormattedMessage()).hasSizeLessThan(2_000));
    }
}
