package io.relaypod.server.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

import io.relaypod.events.MailEvent.CalendarStripped;
import io.relaypod.events.MailEvent.DeliveryDeferred;
import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.SubmittingClient;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceTest {

    private static final RecipientAnswer MX = new RecipientAnswer(Outcome.MX, 250, "");
    private static final RecipientAnswer NO_MX =
            new RecipientAnswer(Outcome.NO_MAIL_HOST, 550, "5.1.2 Bad destination - no MX record");
    private static final Duration A_WEEK = Duration.ofDays(7);
    private static final long MEGABYTES = 100 << 20;

    @TempDir
    private Path directory;

    private final MutableClock clock = new MutableClock();
    private Trace trace;

    @BeforeEach
    void open() {
        trace = new Trace(directory, MEGABYTES, A_WEEK, clock);
    }

    @AfterEach
    void close() {
        trace.close();
    }

    @Test
    void aMailIsFoundByEachOfItsNamesWithItsWholeLife() {
        String id = delivered("s1", "alice@a.example", "<m1@a.example>", "bob@b.example");
        delivered("s2", "carol@c.example", "<m2@c.example>", "dave@d.example");

        for (TraceQuery query : List.of(
                byId(id),
                byId(id.substring(0, 30)),
                byMessageId("m1@a.example"),
                byMessageId("<m1@a.example>"),
                bySender("Alice@A.example"),
                bySender("@a.example"),
                byRecipient("bob@b.example"),
                byRecipient("@B.example"),
                byAddress("bob@b.example"),
                byAddress("alice@a.example"))) {
            List<TracedMail> found = search(query);
            assertThat(found).as(query.toString()).hasSize(1);
            assertThat(found.get(0).queueId()).isEqualTo(id);
            assertThat(found.get(0).session()).isEqualTo("s1");
            assertThat(events(found.get(0)))
                    .containsExactly("rcpt-accepted", "received", "calendar-stripped", "delivered");
            assertThat(found.get(0).last().orElseThrow().details()).containsEntry("reply", "250 2.0.0 Ok: queued as X");
        }
        assertThat(search(byAddress("nobody@b.example"))).isEmpty();
        assertThat(search(bySender("bob@b.example")))
                .as("a recipient is no sender")
                .isEmpty();
    }

    @Test
    void aMessageIdOfAnyLengthIsRememberedInPartAndFound() {
        String huge = "<" + "x".repeat(1_000_000) + "@a.example>";
        String id = delivered("s1", "alice@a.example", huge, "bob@b.example");

        for (String written : List.of(huge, huge.substring(1, huge.length() - 1))) {
            assertThat(search(byMessageId(written)))
                    .extracting(TracedMail::queueId)
                    .containsExactly(id);
        }
        assertThat(trace.size()).isLessThan(10_000);
    }

    @Test
    void aSearchTakesNoMoreMemoryThanIsLeftAndSaysHowManyItLookedFor() {
        String newest = "";
        for (int mail = 0; mail < 60; mail++) {
            for (int recipient = 0; recipient < 100; recipient++) {
                trace.onEvent(new RecipientAccepted(
                        client("s" + mail), "news@a.example", "reader-" + mail + "-" + recipient + "@b.example", MX));
            }
            newest = delivered("s" + mail, "news@a.example", "<m" + mail + "@a.example>", "bob@b.example");
            clock.advance(Duration.ofSeconds(1));
        }
        MemoryBudget budget = new MemoryBudget(8 << 20);

        try (SearchMemory memory = new SearchMemory(budget)) {
            Trace.TraceResult found = trace.search(bySender("news@a.example"), memory);

            assertThat(found.limit()).isLessThan(bySender("news@a.example").limit());
            assertThat(found.mails())
                    .hasSize(found.limit())
                    .first()
                    .extracting(TracedMail::queueId)
                    .isEqualTo(newest);
            assertThat(found.mails())
                    .allSatisfy(mail -> assertThat(mail.steps()).hasSizeGreaterThan(100));
        }
        assertThat(budget.reserved()).isZero();
        MemoryBudget spent = new MemoryBudget(1 << 10);
        assertThatThrownBy(() -> new SearchMemory(spent))
                .isInstanceOf(SearchMemory.TraceTooLargeException.class)
                .hasMessageContaining("memory");
    }

    @Test
    void theSenderOfEveryMailIsFoundWithLittleMemory() {
        String last = "";
        for (int i = 0; i < 2_000; i++) {
            last = delivered("s" + i, "noreply@a.example", "<m" + i + "@a.example>", "bob@b.example");
        }
        clock.advance(Duration.ofSeconds(1));
        try (SearchMemory memory = new SearchMemory(new MemoryBudget(1 << 20))) {
            assertThat(trace.search(bySender("noreply@a.example"), memory).mails())
                    .hasSize(10)
                    .first()
                    .extracting(TracedMail::queueId)
                    .isEqualTo(last);
        }
    }

    @Test
    void aRefusedRecipientIsFoundWithTheAnswerItGot() {
        trace.onEvent(new RecipientRefused(client("s1"), "alice@a.example", "bob@nowhere.example", NO_MX));

        List<TracedMail> found = search(byAddress("bob@nowhere.example"));

        assertThat(found).hasSize(1);
        assertThat(found.get(0).queueId()).isEmpty();
        assertThat(found.get(0).steps().get(0).details())
                .containsEntry("answer", "550 5.1.2 Bad destination - no MX record")
                .containsEntry("verdict", "no_mail_host")
                .containsEntry("client", "127.0.0.1");
    }

    @Test
    void aRefusedRecipientIsShownWithTheMailThatWentToTheOthersAndNoOther() {
        delivered("s1", "alice@a.example", "<m1@a.example>", "first@b.example");
        trace.onEvent(new RecipientRefused(client("s1"), "alice@a.example", "bob@nowhere.example", NO_MX));
        String second = delivered("s1", "alice@a.example", "<m2@a.example>", "second@b.example");

        List<TracedMail> found = search(byRecipient("bob@nowhere.example"));

        assertThat(found).hasSize(1);
        assertThat(found.get(0).queueId()).isEqualTo(second);
        assertThat(events(found.get(0)))
                .containsExactly("rcpt-refused", "rcpt-accepted", "received", "calendar-stripped", "delivered");
        assertThat(events(search(byRecipient("first@b.example")).get(0))).doesNotContain("rcpt-refused");
    }

    @Test
    void aMailRefusedAtTheEndOfDataIsFoundByItsRecipient() {
        trace.onEvent(new RecipientAccepted(client("s1"), "alice@a.example", "bob@b.example", MX));
        trace.onEvent(new MailRefused(client("s1"), "alice@a.example", List.of("bob@b.example"), 552, "5.3.4 too big"));

        assertThat(search(byRecipient("bob@b.example")))
                .singleElement()
                .satisfies(mail -> assertThat(events(mail)).containsExactly("rcpt-accepted", "mail-refused"));
    }

    @Test
    void theBeginningOfAQueueIdFindsItAndMayBeAskedOfAllTimeWhenTheFiltersKnowIt() {
        String id = delivered("s1", "alice@a.example", "<m1@a.example>", "bob@b.example");

        assertThat(search(byId(id.substring(0, 17)).ofAllTime()))
                .extracting(TracedMail::queueId)
                .containsExactly(id);
        assertThat(search(query(id.substring(0, 16), null, null, "bob@b.example", null, 10)
                        .ofAllTime()))
                .hasSize(1);
        assertThat(search(byId(id.substring(0, 16))))
                .as("of a time that was said")
                .hasSize(1);
        for (String little : List.of(id.substring(0, 16), "Mail", "mail1767225600000", "x")) {
            assertThatThrownBy(() -> byId(little).ofAllTime())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(
                            "'" + little + "'",
                            "expected at least Mail and its 13 digits, such as Mail1767225600000, or since with it");
        }
    }

    @Test
    void copiesOfAMailAreShownWithIt() {
        String id = delivered("s1", "alice@a.example", "<m1@a.example>", "bob@b.example");
        trace.onEvent(new MailFailed(id + "-2", "alice@a.example", List.of("eve@e.example"), "550 no"));

        assertThat(search(byRecipient("eve@e.example")))
                .singleElement()
                .satisfies(mail -> assertThat(events(mail))
                        .containsExactly("rcpt-accepted", "received", "calendar-stripped", "delivered", "failed"));
    }

    @Test
    void theNewestComeFirstAndNoMoreThanWereAskedFor() {
        List<String> ids = Stream.generate(() -> {
                    clock.advance(Duration.ofMinutes(1));
                    return delivered("s" + clock.millis(), "alice@a.example", "<m@a.example>", "bob@b.example");
                })
                .limit(10)
                .toList();

        assertThat(search(query(null, null, null, null, "bob@b.example", 3)))
                .extracting(TracedMail::queueId)
                .containsExactly(ids.get(9), ids.get(8), ids.get(7));
        assertThat(search(TraceQuery.all(clock.instant().minusSeconds(90), clock.instant(), 100)))
                .extracting(TracedMail::queueId)
                .as("of the last minute and a half")
                .containsExactly(ids.get(9), ids.get(8));
    }

    @Test
    void whatWasRememberedIsFoundAfterARestart() {
        String id = delivered("s1", "alice@a.example", "<m1@a.example>", "bob@b.example");
        trace.close();
        open();
        clock.advance(Duration.ofHours(1));
        trace.onEvent(new DeliveryDeferred(
                id, List.of("bob@b.example"), DeferralReason.REFUSED, "451 later", Duration.ofMinutes(1)));

        assertThat(search(byId(id)))
                .singleElement()
                .satisfies(mail -> assertThat(events(mail)).endsWith("delivered", "deferred"));
    }

    @Test
    void aProcessThatWasKilledLosesNothingThatAnotherCanRead() {
        String id = delivered("s1", "alice@a.example", "<m1@a.example>", "bob@b.example");
        search(byId(id)); // writes; from here on the process might be killed

        try (Trace next = new Trace(directory, MEGABYTES, A_WEEK, clock)) {
            assertThat(search(next, byId(id))).hasSize(1);
        }
    }

    @Test
    void aTornLineAndFilesThatNobodyCanReadStopNothing() throws Exception {
        String id = delivered("s1", "alice@a.example", "<m1@a.example>", "bob@b.example");
        trace.close();
        for (Path file : files(".jsonl")) {
            Files.writeString(
                    file,
                    "no json\n{\"at\":1,\"id\":\n\u0000\u0000\n{\"at\":1795354212364000,\"id\":\"Ma",
                    StandardCharsets.UTF_8,
                    StandardOpenOption.APPEND);
        }
        Files.writeString(directory.resolve("mails/0000000000000002.terms"), "rubbish of an earlier release");
        Files.writeString(directory.resolve("mails/something else"), "x");
        Files.createDirectory(directory.resolve("mails/0000000000000001.jsonl"));
        open();

        assertThat(files(".terms")).isEmpty();
        assertThat(search(byRecipient("bob@b.example")))
                .singleElement()
                .satisfies(mail -> assertThat(mail.queueId()).isEqualTo(id));
        delivered("s9", "alice@a.example", "<m9@a.example>", "bob@b.example");
        assertThat(search(byRecipient("bob@b.example"))).hasSize(2);
    }

    @Test
    void aDirectoryThatCannotBeWrittenLosesTheTraceAndNothingElse() throws Exception {
        Path file = directory.resolve("taken");
        Files.writeString(file, "a file");

        try (Trace nowhere = new Trace(file, MEGABYTES, A_WEEK, clock)) {
            nowhere.onEvent(new RecipientAccepted(client("s1"), "a@a.example", "b@b.example", MX));
            assertThat(search(nowhere, byAddress("b@b.example"))).isEmpty();
            assertThat(nowhere.dropped()).isEqualTo(1);
        }
    }

    @Test
    void theFilesStayWithinTheirSizeAndTheOldestGo() {
        trace.close();
        trace = new Trace(directory, 400_000, A_WEEK, clock);
        String first = delivered("first", "alice@a.example", "<m0@a.example>", "bob@b.example");
        String last = "";
        for (int i = 0; i < 3_000; i++) {
            clock.advance(Duration.ofSeconds(1));
            last = delivered("s" + i, "alice@a.example", "<m" + i + "@a.example>", "bob@b.example");
            if (i % 100 == 0) {
                search(byId(last));
            }
        }

        assertThat(search(byId(first))).isEmpty();
        assertThat(search(byId(last))).hasSize(1);
        assertThat(trace.size()).isBetween(150_000L, 440_000L);
    }

    @Test
    void whatIsOlderThanItsTimeIsDeleted() throws Exception {
        trace.close();
        trace = new Trace(directory, MEGABYTES, Duration.ofDays(1), clock);
        String old = delivered("s1", "alice@a.example", "<m1@a.example>", "bob@b.example");
        search(byId(old));
        clock.advance(Duration.ofHours(3));
        String newer = delivered("s2", "alice@a.example", "<m2@a.example>", "bob@b.example");
        search(byId(newer));

        clock.advance(Duration.ofHours(23));

        assertThat(search(byId(newer))).hasSize(1);
        assertThat(search(byId(old))).isEmpty();
        assertThat(files(".jsonl"))
                .noneSatisfy(file -> assertThat(Files.readString(file)).contains(old));
    }

    @Test
    void aFloodOfRefusalsPushesOutNoMailAndIsCounted() {
        trace.close();
        trace = new Trace(directory, 1_000_000, A_WEEK, clock);
        String id = delivered("s1", "alice@a.example", "<m1@a.example>", "bob@b.example");

        for (int second = 0; second < 100; second++) {
            for (int i = 0; i < 1_000; i++) {
                trace.onEvent(
                        new RecipientRefused(client("flood"), "x@x.example", "r" + i + "@nowhere.example", NO_MX));
            }
            clock.advance(Duration.ofSeconds(1));
            search(byId(id));
        }

        assertThat(search(byId(id))).hasSize(1);
        assertThat(trace.dropped())
                .as("a hundred of each second's thousand are remembered")
                .isEqualTo(90_000);
        assertThat(search(byAddress("r7@nowhere.example"))).isNotEmpty();
    }

    @Test
    void aFloodOfRefusedMailCommandsPushesOutNoMail() {
        trace.close();
        trace = new Trace(directory, 1_000_000, A_WEEK, clock);
        String id = delivered("s1", "alice@a.example", "<m1@a.example>", "bob@b.example");

        for (int second = 0; second < 100; second++) {
            for (int i = 0; i < 1_000; i++) {
                trace.onEvent(new MailRefused(client("flood"), "x@x.example", List.of(), 552, "5.3.4 too large"));
            }
            clock.advance(Duration.ofSeconds(1));
            search(byId(id));
        }

        assertThat(search(byId(id))).hasSize(1);
        assertThat(trace.dropped()).isEqualTo(90_000);
    }

    private List<TracedMail> search(TraceQuery query) {
        return search(trace, query);
    }

    private static List<TracedMail> search(Trace searched, TraceQuery query) {
        try (SearchMemory memory = new SearchMemory(MemoryBudget.ofThisProcess())) {
            return searched.search(query, memory).mails();
        }
    }

    private String delivered(String session, String sender, String messageId, String recipient) {
        String id = "Mail" + clock.millis() + "-" + UUID.randomUUID();
        trace.onEvent(new RecipientAccepted(client(session), sender, recipient, MX));
        trace.onEvent(new MailReceived(client(session), id, messageId, "", "", sender, List.of(recipient), 512));
        trace.onEvent(new CalendarStripped(id, List.of(recipient), 1, 0, 0));
        trace.onEvent(new MailDelivered(id, List.of(recipient), "gateway.example", "250 2.0.0 Ok: queued as X"));
        return id;
    }

    private static SubmittingClient client(String session) {
        return new SubmittingClient(session, InetAddress.getLoopbackAddress());
    }

    private static List<String> events(TracedMail mail) {
        return mail.steps().stream().map(TracedMail.TraceStep::event).toList();
    }

    private List<Path> files(String ending) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().endsWith(ending))
                    .toList();
        }
    }

    private TraceQuery byId(String id) {
        return query(id, null, null, null, null, 10);
    }

    private TraceQuery byMessageId(String id) {
        return query(null, id, null, null, null, 10);
    }

    private TraceQuery bySender(String sender) {
        return query(null, null, sender, null, null, 10);
    }

    private TraceQuery byRecipient(String recipient) {
        return query(null, null, null, recipient, null, 10);
    }

    private TraceQuery byAddress(String address) {
        return query(null, null, null, null, address, 10);
    }

    private TraceQuery query(String id, String messageId, String sender, String recipient, String address, int limit) {
        return new TraceQuery(
                Optional.ofNullable(id),
                Optional.ofNullable(messageId),
                Optional.ofNullable(sender),
                Optional.ofNullable(recipient),
                Optional.ofNullable(address),
                clock.instant().minus(Duration.ofDays(30)),
                clock.instant(),
                limit);
    }

    private static final class MutableClock extends Clock {

        private Instant now = Instant.now().plus(Duration.ofDays(1));

        void advance(Duration by) {
            now = now.plus(by);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
