package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailWaiting;
import io.relaypod.graph.CopyChange;
import io.relaypod.graph.CopyState;
import io.relaypod.graph.GraphCode;
import io.relaypod.graph.GraphCopies;
import io.relaypod.graph.GraphCopy;
import io.relaypod.graph.GraphError;
import io.relaypod.hold.GraphHold;
import io.relaypod.hold.HoldSettings;
import io.relaypod.mailets.JamesContext;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.core.MailAddress;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.queue.api.ManageableMailQueue;
import org.apache.james.queue.memory.MemoryMailQueueFactory.MemoryCacheableMailQueue;
import org.apache.james.server.core.MailImpl;
import org.apache.james.transport.mailets.remote.delivery.DeliveryRetriesHelper;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.Mail;
import org.apache.mailet.base.test.FakeMailContext;
import org.apache.mailet.base.test.FakeMailetConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HeldMailsTest {

    private static final byte[] MESSAGE = Messages.bytes("Received: from app ([10.0.0.1])\r\n"
            + "          by relay-0 (JAMES SMTP Server ) with ESMTPSA ID 5c0f\r\n"
            + "          for <a@example.com>;\r\n          Fri, 27 Nov 2026 06:04:56 +0000 (UTC)\r\n"
            + "From: app@example.com\r\nSubject: Test\r\n\r\nbody\r\n");

    private final Clock clock = Clock.systemUTC();
    private final RateLimitedOutgoing queues = new RateLimitedOutgoing(clock);
    private final MemoryCacheableMailQueue outgoing = queues.memory();
    private final FakeMailContext context = FakeMailContext.defaultContext();
    private final List<MailEvent> events = new CopyOnWriteArrayList<>();
    private final KnownCopies copies = new KnownCopies();
    private final GraphHold hold = new GraphHold(() -> copies, new HoldSettings(2, Optional.empty(), "relay-1"), clock);
    private String delays = "5 * 1 hour";
    private RemoteDelivery delivery;

    @AfterEach
    void stop() {
        delivery.destroy();
    }

    @Test
    void aMailLeavesTheQueueWhenGraphHasAcceptedIt() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            send(sink, "Mail1-1");
            await().until(() -> sink.received().size() == 1);
            assertThat(outgoing.getSize()).isEqualTo(1);

            publish("Mail1-1", CopyState.ACCEPTED, Optional.empty());

            await().until(() -> outgoing.getSize() == 0);
            assertThat(hold.window().inFlight()).isZero();
            assertThat(hold.size()).isZero();
        }
    }

    @Test
    void aMailBeyondTheWindowWaitsInTheQueueOfItsMailboxWithTheReason() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            send(sink, "Mail1-1");
            await().until(() -> sink.received().size() == 1);
            publish("Mail1-1", CopyState.DEFERRED, Optional.of(GraphCode.ACCESS_DENIED));

            delivery.service(mail("Mail2-1"));

            await().until(() -> queues.forSenders().size() == 1);
            assertThat(sink.received()).hasSize(1);
            assertThat(queues.forSenders().get(0).getAttribute(DeliveryRetriesHelper.DELIVERY_RETRY_COUNT))
                    .isEmpty();
            assertThat(events)
                    .filteredOn(MailWaiting.class::isInstance)
                    .singleElement()
                    .satisfies(event -> assertThat(((MailWaiting) event).reason())
                            .contains("Graph does not accept the mailbox's mail"));
        }
    }

    @Test
    void aDeferredMailIsNotSentAgainAndLeavesTheQueueWhenItIsAccepted() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            send(sink, "Mail1-1");
            await().until(() -> sink.received().size() == 1);
            publish("Mail1-1", CopyState.DEFERRED, Optional.of(GraphCode.UNREACHABLE));
            await().pollDelay(Duration.ofMillis(200)).until(() -> outgoing.getSize() == 1);

            publish("Mail1-1", CopyState.ACCEPTED, Optional.empty());

            await().until(() -> outgoing.getSize() == 0);
            assertThat(sink.received()).hasSize(1);
        }
    }

    @Test
    void aMailWhoseCopyIsMissingIsSentAgainWhichCountsAsAnAttempt() throws Exception {
        delays = "5 * 10 ms";
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            send(sink, "Mail1-1");
            await().until(() -> sink.received().size() == 1);

            publish("Mail1-1", CopyState.MISSING, Optional.empty());

            await().until(() -> sink.received().size() == 2);
            assertThat(hold.sentAgain()).isEqualTo(1);
            publish("Mail1-1", CopyState.ACCEPTED, Optional.empty());
            await().until(() -> outgoing.getSize() == 0);
        }
    }

    @Test
    void aMailThatGraphWillNotAcceptFailsWithGraphsWords() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            send(sink, "Mail1-1");
            await().until(() -> sink.received().size() == 1);

            publish("Mail1-1", CopyState.STUCK, Optional.of(GraphCode.TOO_LARGE));

            await().until(() -> context.getSentMails().size() == 1);
            assertThat(outgoing.getSize()).isZero();
            assertThat(String.valueOf(context.getSentMails().get(0).getAttributes()))
                    .contains("Graph: words");
        }
    }

    @Test
    void aMailThatGraphAcceptedWhileTheRelayWasAwayIsNotSentAgain() throws Exception {
        copies.accepted.add("Mail1-1");
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            send(sink, "Mail1-1");

            await().until(() -> outgoing.getSize() == 0);
            assertThat(sink.received()).isEmpty();
        }
    }

    @Test
    void aRecipientThatIsSentTheMailLaterGetsItAlthoughGraphAcceptedAnEarlierPart() throws Exception {
        delays = "5 * 10 ms";
        AtomicBoolean isDeferred = new AtomicBoolean();
        try (SmtpSink sink = SmtpSink.replying(
                line -> line.startsWith("RCPT TO:<b@") && !isDeferred.getAndSet(true) ? "451 4.3.0 later" : "")) {
            start(sink);
            delivery.service(mail("Mail1-1", "a@example.com", "b@example.com"));
            await().until(() -> !sink.received().isEmpty());

            publish("Mail1-1", CopyState.ACCEPTED, Optional.empty(), "a@example.com");

            await().until(() -> sink.received().size() == 2);
            publish("Mail1-1", CopyState.ACCEPTED, Optional.empty(), "b@example.com");
            await().until(() -> outgoing.getSize() == 0);
            assertThat(hold.window().inFlight()).isZero();
        }
    }

    @Test
    void ofAHeldMailThatGraphAcceptedForSomeRecipientsOnlyTheOthersAreSentAgain() throws Exception {
        delays = "5 * 10 ms";
        copies.acceptedFor.add("a@example.com");
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            start(sink);
            Mail held = mail("Mail1-1", "a@example.com", "b@example.com");
            held.setAttribute(Attribute.convertToAttribute(
                    "relaypod-held-since", clock.instant().toEpochMilli()));
            delivery.service(held);

            await().until(() -> sink.received().size() == 1);
            assertThat(sink.received().get(0).envelope())
                    .filteredOn(line -> line.startsWith("RCPT"))
                    .singleElement()
                    .asString()
                    .contains("<b@example.com>");
        }
    }

    @Test
    void aFurtherTransactionKeepsNoPlaceOfItsOwn() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(line -> line.startsWith("RCPT TO:<x@") ? "550 5.1.1 no" : "")) {
            start(sink);
            delivery.service(mail("Mail1-1", "a@example.com", "b@example.com", "x@example.com"));
            await().until(() -> sink.received().size() == 2);

            publish("Mail1-1", CopyState.ACCEPTED, Optional.empty(), "a@example.com");
            publish("Mail1-1", CopyState.ACCEPTED, Optional.empty(), "b@example.com");

            await().until(() -> outgoing.getSize() == 0);
            assertThat(hold.window().inFlight()).isZero();
        }
    }

    @Test
    void aMailIsAnotherRelaysUntilThatHasNotLookedAtItForAnHour() throws Exception {
        delays = "5 * 10 ms";
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            start(sink);
            delivery.service(heldByAnother("Mail1-1", Duration.ofMinutes(1)));
            delivery.service(heldByAnother("Mail2-1", Duration.ofMinutes(61)));

            await().until(() -> sink.received().size() == 1);
            publish("Mail2-1", CopyState.ACCEPTED, Optional.empty());
            await().until(() -> outgoing.getSize() == 1);
            assertThat(events)
                    .filteredOn(MailEvent.DeliveryDeferred.class::isInstance)
                    .extracting(event -> ((MailEvent.DeliveryDeferred) event).queueId())
                    .containsExactly("Mail2-1");
        }
    }

    @Test
    void theRelayThatHoldsAMailWritesWhenItLookedAtIt() throws Exception {
        Instant start = clock.instant();
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            send(sink, "Mail1-1");
            await().until(() -> sink.received().size() == 1);
            publish("Mail1-1", CopyState.DEFERRED, Optional.of(GraphCode.UNREACHABLE));

            await().until(() -> seen("Mail1-1")
                    .filter(at -> !at.isBefore(start.truncatedTo(ChronoUnit.MILLIS)))
                    .isPresent());
        }
    }

    private Optional<Instant> seen(String name) throws Exception {
        Optional<Instant> seen = Optional.empty();
        for (Iterator<ManageableMailQueue.MailQueueItemView> mails = outgoing.browse(); mails.hasNext(); ) {
            Mail mail = mails.next().getMail();
            if (mail.getName().equals(name)) {
                seen = AttributeUtils.getValueAndCastFromMail(mail, AttributeName.of("relaypod-held-seen"), Long.class)
                        .map(Instant::ofEpochMilli);
            }
        }
        return seen;
    }

    private Mail heldByAnother(String name, Duration seenBefore) throws Exception {
        Instant now = clock.instant();
        Mail held = mail(name);
        held.setAttribute(Attribute.convertToAttribute("relaypod-held-by", "relay-2"));
        held.setAttribute(Attribute.convertToAttribute(
                "relaypod-held-since", now.minus(Duration.ofHours(3)).toEpochMilli()));
        held.setAttribute(Attribute.convertToAttribute(
                "relaypod-held-seen", now.minus(seenBefore).toEpochMilli()));
        return held;
    }

    @Test
    void aMailThatTheGatewayDefersGivesItsPlaceBack() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(line -> line.startsWith("RCPT") ? "451 4.3.0 later" : "")) {
            send(sink, "Mail1-1");

            await().until(() -> events.stream().anyMatch(MailEvent.DeliveryDeferred.class::isInstance));
            assertThat(hold.window().inFlight()).isZero();
            assertThat(outgoing.getSize()).isEqualTo(1);
        }
    }

    @Test
    void ofAMailThatIsAcceptedForSomeRecipientsThatPartIsHeldByItself() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(line -> line.startsWith("RCPT TO:<b@") ? "451 4.3.0 later" : "")) {
            start(sink);
            delivery.service(mail("Mail1-1", "a@example.com", "b@example.com"));

            await().until(() -> sink.received().size() == 1);
            await().until(() -> outgoing.getSize() == 2);
            publish("Mail1-1", CopyState.ACCEPTED, Optional.empty(), "a@example.com");

            await().until(() -> outgoing.getSize() == 1);
            assertThat(sink.received()).hasSize(1);
        }
    }

    @Test
    void ofAPartThatCouldNotBeStoredTheLostCopyIsSentAgain() throws Exception {
        AtomicBoolean isRefused = new AtomicBoolean();
        queues.refuse(mail -> {
            boolean isFirst = mail.getRecipients().size() == 1 && !isRefused.getAndSet(true);
            if (isFirst) {
                publish("Mail1-1", CopyState.MISSING, Optional.empty(), "a@example.com");
            }
            return isFirst;
        });
        try (SmtpSink sink = SmtpSink.replying(
                line -> line.startsWith("RCPT TO:<b@") && !isRefused.get() ? "451 4.3.0 later" : "")) {
            start(sink);
            delivery.service(mail("Mail1-1", "a@example.com", "b@example.com"));

            await().until(() -> sink.received().stream()
                            .flatMap(received -> received.envelope().stream())
                            .filter(line -> line.startsWith("RCPT TO:<a@"))
                            .count()
                    == 2);
        }
    }

    @Test
    void aMailThatSeemsLostAgainAndAgainIsSentSixTimesAndThenKept() throws Exception {
        delays = "50 * 1 ms";
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            start(sink);
            delivery.service(mail("Mail1-1"));
            for (int sent = 1; sent <= 6; sent++) {
                int times = sent;
                await().until(() -> sink.received().size() == times);
                await().until(() -> hold.window().inFlight() == 1);
                publish("Mail1-1", CopyState.MISSING, Optional.empty());
            }

            await().until(() -> context.getSentMails().size() == 1);
            assertThat(sink.received()).hasSize(6);
            assertThat(outgoing.getSize()).isZero();
            assertThat(hold.sentAgain()).isEqualTo(5);
            assertThat(String.valueOf(context.getSentMails().get(0).getAttributes()))
                    .contains("sent 6 times")
                    .doesNotContain("relaypod-times-lost");
            assertThat(events.stream()
                            .filter(MailEvent.DeliveryDeferred.class::isInstance)
                            .map(event -> ((MailEvent.DeliveryDeferred) event).retryIn()))
                    .containsExactly(
                            Duration.ofMillis(10),
                            Duration.ofMillis(20),
                            Duration.ofMillis(40),
                            Duration.ofMillis(80),
                            Duration.ofMillis(160));
        }
    }

    @Test
    void aMailIsKnownByTheQueueIdThatItsReceivedFieldCarries() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            start(sink);
            Mail renamed = mail("Mail1-1-!1");
            renamed.setAttribute(Attribute.convertToAttribute("relaypod-copy-of", "Mail1-1"));
            delivery.service(renamed);
            await().until(() -> sink.received().size() == 1);
            assertThat(Messages.text(sink.received().get(0).message())).contains("with ESMTPSA id Mail1-1-!1\r\n");

            publish("Mail1-1-!1", CopyState.ACCEPTED, Optional.empty());

            await().until(() -> outgoing.getSize() == 0);
            assertThat(sink.received()).hasSize(1);
        }
    }

    @Test
    void aMailWhoseLastCopyHasAnotherIdIsDoneWhenThatIsAccepted() throws Exception {
        copies.accepted.add("Mail1-1");
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            start(sink);
            MailImpl part = (MailImpl) mail("Mail1-1-!1");
            String message = new String(MESSAGE, StandardCharsets.US_ASCII).replace("ID 5c0f", "id Mail1-1");
            part.setMessageNoCopy(Messages.received(Messages.bytes(message)));
            delivery.service(part);

            await().until(() -> outgoing.getSize() == 0);
            assertThat(sink.received()).isEmpty();
        }
    }

    @Test
    void aMailThatDidNotComeBySmtpLeavesTheQueueWhenTheGatewayHasAcceptedIt() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            start(sink);
            MailImpl foreign = (MailImpl) mail("smtp2graph-x.eml");
            foreign.setMessageNoCopy(
                    Messages.received(Messages.bytes("From: app@example.com\r\nSubject: Test\r\n\r\nbody\r\n")));
            delivery.service(foreign);

            await().until(() -> sink.received().size() == 1);
            await().until(() -> outgoing.getSize() == 0);
            await().until(() -> hold.window().inFlight() == 0);
            assertThat(hold.size()).isZero();
        }
    }

    @Test
    void withoutEventsOfTheFileSystemAMailLeavesTheQueueWhenTheGatewayHasAcceptedIt() throws Exception {
        copies.hasEvents = false;
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            send(sink, "Mail1-1");

            await().until(() -> sink.received().size() == 1);
            await().until(() -> outgoing.getSize() == 0);
            await().until(() -> hold.window().inFlight() == 0);
            assertThat(hold.size()).isZero();
        }
    }

    private void send(SmtpSink sink, String name) throws Exception {
        start(sink);
        delivery.service(mail(name));
    }

    private void start(SmtpSink sink) throws Exception {
        delivery = new RemoteDelivery(
                new JamesContext.Hosts(),
                JamesContext.domains(),
                queues,
                SenderRateLimiter.unlimited().behind(hold),
                clock,
                events::add,
                new RecordingMetricFactory(),
                new NoopGaugeRegistry(),
                new MemoryBudget(64 << 20),
                Optional.of(hold));
        FakeMailetConfig.Builder config =
                FakeMailetConfig.builder().mailetName("RemoteDelivery").mailetContext(context);
        Map.of(
                        "gateway", "127.0.0.1",
                        "gatewayPort", String.valueOf(sink.port()),
                        "bounceProcessor", "bounces",
                        "delayTime", delays,
                        "heldPause", "10 ms",
                        "maxRetries", "50")
                .forEach(config::setProperty);
        delivery.init(config.build());
    }

    private static Mail mail(String name, String... recipients) throws Exception {
        MailImpl mail = MailImpl.builder()
                .name(name)
                .sender(new MailAddress("app@example.com"))
                .addRecipients(recipients.length == 0 ? new String[] {"a@example.com"} : recipients)
                .build();
        mail.setMessageNoCopy(Messages.received(MESSAGE));
        return mail;
    }

    private void publish(String queueId, CopyState state, Optional<GraphCode> code) {
        publish(queueId, state, code, "a@example.com");
    }

    private void publish(String queueId, CopyState state, Optional<GraphCode> code, String recipient) {
        CopyChange change = new CopyChange(
                new GraphCopy("x.eml", Optional.of(queueId), Optional.empty(), List.of(recipient), "app@example.com"),
                state,
                clock.instant(),
                code.map(kind -> new GraphError(kind, "Name", "words")));
        hold.onChange(change);
    }

    private static final class KnownCopies implements GraphCopies {

        private final Set<String> accepted = new HashSet<>();
        private final Set<String> acceptedFor = new HashSet<>();
        private volatile boolean hasEvents = true;

        @Override
        public boolean hasEvents() {
            return hasEvents;
        }

        @Override
        public boolean isAccepted(String queueId, List<String> recipients) {
            return accepted.contains(queueId) || acceptedFor.containsAll(recipients);
        }

        @Override
        public boolean isHealing() {
            return false;
        }

        @Override
        public Optional<CopyChange> find(String queueId, List<String> recipients) {
            return Optional.empty();
        }

        @Override
        public List<WaitingCopy> waiting(int limit) {
            return List.of();
        }

        @Override
        public GraphSummary summary() {
            return new GraphSummary(
                    Optional.empty(), Map.of(), Optional.empty(), Optional.empty(), 0, Optional.empty());
        }
    }
}
