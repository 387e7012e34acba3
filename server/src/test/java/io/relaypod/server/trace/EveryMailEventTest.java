package io.relaypod.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.relaypod.events.CopyEventKind;
import io.relaypod.events.EventField;
import io.relaypod.events.EventField.Audience;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.CopyFollowed;
import io.relaypod.events.MailEventLog;
import io.relaypod.events.SubmittingClient;
import io.relaypod.graph.GraphCode;
import io.relaypod.graph.GraphError;
import io.relaypod.quota.QuotaKind;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.verdict.RecipientAnswer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** Each type of event, found by reflection, has a line in the log, an entry in the trace and a row in the docs. */
class EveryMailEventTest {

    private static final Path DOCS = Path.of("../docs/operations.md");
    private static final ObjectMapper JSON = new ObjectMapper();

    static Stream<MailEvent> events() {
        Stream<MailEvent> copies = Stream.of(CopyEventKind.values())
                .map(kind -> new CopyFollowed(
                        kind,
                        "Mail1700000000000-3f1c",
                        List.of("bob@b.example"),
                        "a@a.example",
                        "file.eml",
                        Optional.of(new GraphError(GraphCode.THROTTLED, "ErrorExceeded", "too many")),
                        Optional.of(Duration.ofSeconds(7))));
        return Stream.concat(
                copies,
                Stream.of(MailEvent.class.getPermittedSubclasses())
                        .filter(type -> type != CopyFollowed.class)
                        .map(EveryMailEventTest::sample));
    }

    @ParameterizedTest
    @MethodSource("events")
    void hasALineInTheLogWithAllItsFields(MailEvent event) {
        Logger logger = (Logger) LoggerFactory.getLogger(MailEventLog.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        logger.setLevel(Level.DEBUG);
        try {
            new MailEventLog(true, List.of()).publish(event);
        } finally {
            logger.detachAppender(lines);
            logger.setLevel(null);
        }

        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getFormattedMessage()).startsWith("event=" + event.name() + " ");
            assertThat(line.getKeyValuePairs())
                    .extracting(pair -> pair.key)
                    .startsWith("event")
                    .containsAll(event.fields().stream()
                            .filter(field -> field.isFor(Audience.LOG))
                            .map(EventField::key)
                            .toList());
        });
    }

    @ParameterizedTest
    @MethodSource("events")
    void hasAnEntryInTheTraceThatIsReadAsItWasWritten(MailEvent event) throws Exception {
        TraceEntry entry = TraceEntry.of(event, 1_700_000_000_000_000L);

        assertThat(entry.event()).isEqualTo(event.name());
        assertThat(entry.id()).isIn("Mail1700000000000-3f1c", "s1");
        assertThat(entry.recipients()).containsExactly("bob@b.example");
        assertThat(JSON.readValue(JSON.writeValueAsBytes(entry), TraceEntry.class))
                .isEqualTo(entry);
    }

    @ParameterizedTest
    @MethodSource("events")
    void hasARowInTheDocs(MailEvent event) throws Exception {
        assertThat(Files.readAllLines(DOCS))
                .filteredOn(line -> line.startsWith("|"))
                .anySatisfy(row -> assertThat(row).contains("`" + event.name() + "`", event.level() + " |"));
    }

    private static MailEvent sample(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        try {
            return (MailEvent) type.getDeclaredConstructor(
                            Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new))
                    .newInstance(
                            Stream.of(components).map(EveryMailEventTest::value).toArray());
        } catch (ReflectiveOperationException notARecord) {
            throw new AssertionError(type + " cannot be created", notARecord);
        }
    }

    private static Object value(RecordComponent component) {
        Class<?> type = component.getType();
        if (type == int.class) {
            return 7;
        }
        if (type == long.class) {
            return 7L;
        }
        if (type == List.class) {
            return List.of("bob@b.example");
        }
        if (type == Duration.class) {
            return Duration.ofSeconds(7);
        }
        if (type == Optional.class) {
            return Optional.of(Duration.ofSeconds(7));
        }
        if (type == SubmittingClient.class) {
            return new SubmittingClient("s1", InetAddress.getLoopbackAddress());
        }
        if (type == RecipientAnswer.class) {
            return new RecipientAnswer(RecipientAnswer.Outcome.NO_MAIL_HOST, 550, "5.1.2 no MX record");
        }
        if (type == QuotaKind.class) {
            return QuotaKind.TENANT;
        }
        if (type == DeferralReason.class) {
            return DeferralReason.UNREACHABLE;
        }
        assertThat(type).as(component.toString()).isEqualTo(String.class);
        return switch (component.getName()) {
            case "queueId" -> "Mail1700000000000-3f1c";
            case "recipient" -> "bob@b.example";
            default -> component.getName() + "@a.example";
        };
    }
}
