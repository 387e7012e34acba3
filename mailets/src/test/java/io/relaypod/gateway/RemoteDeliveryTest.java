package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.mail.MessagingException;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;

import io.relaypod.address.DomainSet;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.DeliveryAttempted;
import io.relaypod.events.MailEvent.DeliveryDeferred;
import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.mailets.EnvelopeMailAddress;
import io.relaypod.mailets.JamesContext;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.quota.RecipientQuota;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.throttle.SenderRateLimiter;
import io.relaypod.throttle.SendingRate;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.queue.api.ManageableMailQueue.MailQueueItemView;
import org.apache.james.queue.memory.MemoryMailQueueFactory.MemoryCacheableMailQueue;
import org.apache.james.server.core.MailImpl;
import org.apache.james.transport.mailets.remote.delivery.Bouncer;
import org.apache.james.transport.mailets.remote.delivery.DeliveryRetriesHelper;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.DsnParameters;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetConfig;
import org.apache.mailet.MailetException;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.test.FakeMailContext;
import org.apache.mailet.base.test.FakeMailContext.SentMail;
import org.apache.mailet.base.test.FakeMailetConfig;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

class RemoteDeliveryTest {

    private static final Path SHIPPED = Path.of("../james-conf/mailetcontainer.xml");
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
    private static final byte[] MESSAGE = Messages.bytes("Subject: Test\r\n\r\nbody\r\n");

    private final RateLimitedOutgoing queues = new RateLimitedOutgoing(Clock.fixed(NOW, ZoneOffset.UTC));
    private final MemoryCacheableMailQueue outgoing = queues.memory();
    private final FakeMailContext context = FakeMailContext.defaultContext();
    private final List<MailEvent> events = new CopyOnWriteArrayList<>();
    private boolean twoAddresses;
    private final RemoteDelivery delivery = delivery(SenderRateLimiter.unlimited());

    @AfterEach
    void stop() {
        delivery.destroy();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  "})
    void withoutAGatewayItDoesNotStart(String gateway) {
        assertThatThrownBy(() -> init(Map.of("bounceProcessor", "bounces", "gateway", gateway)))
                .isInstanceOf(MailetException.class)
                .hasMessage("RemoteDelivery: <gateway> is missing; relaypod sends everything through one gateway");
        assertThatThrownBy(() -> init(Map.of("bounceProcessor", "bounces")))
                .isInstanceOf(MailetException.class)
                .hasMessageContaining("<gateway>");
    }

    @Test
    void withoutABounceProcessorItDoesNotStart() {
        assertThatThrownBy(() -> init(Map.of("gateway", "127.0.0.1")))
                .isInstanceOf(MailetException.class)
                .hasMessage("RemoteDelivery: <bounceProcessor> is missing; it keeps what cannot be delivered");
    }

    @Test
    void jamesIsToldThatItNeedsTheBounceProcessor() throws Exception {
        start(1);

        assertThat(delivery.requiredProcessingState()).containsExactly(new ProcessingState("bounces"));
    }

    @Test
    void aMailThatItTookLeavesItsProcessor() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            start(sink.port());
            Mail mail = mail(MaybeSender.of(new MailAddress("sender@example.com")), MESSAGE, "a@example.com");

            delivery.service(mail);

            assertThat(mail.getState()).isEqualTo(Mail.GHOST);
        }
    }

    @ParameterizedTest
    @MethodSource({"io.relaypod.gateway.Messages#awkward", "io.relaypod.gateway.Messages#with8BitHeaders"})
    void aMailArrivesAtTheGatewayByteForByte(byte[] message) throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            deliver(sink, mail(MaybeSender.of(new MailAddress("sender@example.com")), message, "a@example.com"));

            Awaitility.await().until(() -> !sink.received().isEmpty());
            assertThat(Messages.text(sink.received().get(0).message())).isEqualTo(Messages.text(message));
            assertNothingIsLeft();
        }
    }

    @Test
    void allRecipientsGoInOneTransactionWithTheSender() throws Exception {
        String[] recipients = IntStream.range(0, 100)
                .mapToObj(i -> "r" + i + "@d" + i + ".example")
                .toArray(String[]::new);
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            deliver(sink, mail(MaybeSender.of(new MailAddress("sender@example.com")), MESSAGE, recipients));

            Awaitility.await().until(() -> !sink.received().isEmpty());
            assertThat(sink.received()).singleElement().satisfies(received -> {
                assertThat(received.envelope().get(0)).startsWith("MAIL FROM:<sender@example.com>");
                assertThat(received.envelope().subList(1, 101))
                        .containsExactlyInAnyOrderElementsOf(Stream.of(recipients)
                                .map(recipient -> "RCPT TO:<" + recipient + ">")
                                .toList());
            });
        }
    }

    @Test
    void anEmptySenderStaysEmpty() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            deliver(sink, mail(MaybeSender.nullSender(), MESSAGE, "a@example.com"));

            Awaitility.await().until(() -> !sink.received().isEmpty());
            assertThat(sink.received().get(0).envelope().get(0)).startsWith("MAIL FROM:<>");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"MAIL", "RCPT", "DATA", SmtpSink.DATA_END})
    void whatTheGatewayRefusesForGoodGoesToTheBounceProcessor(String stage) throws Exception {
        try (SmtpSink sink = SmtpSink.replying(at(stage, "554 5.6.0 never"))) {
            deliver(sink, mail(MaybeSender.of(new MailAddress("sender@example.com")), MESSAGE, "a@example.com"));

            SentMail kept = Awaitility.await()
                    .until(this::kept, mails -> mails.size() == 1)
                    .get(0);
            assertThat(kept.getState()).isEqualTo("bounces");
            assertThat(kept.getRecipients()).containsExactly(new MailAddress("a@example.com"));
            assertThat(kept.getSender()).isEqualTo(new MailAddress("sender@example.com"));
            assertThat(Messages.text(Messages.written(kept.getMsg()))).isEqualTo(Messages.text(MESSAGE));
            assertThat(value(kept, Bouncer.DELIVERY_ERROR)).isEqualTo("554 5.6.0 never");
            assertThat(value(kept, Bouncer.DELIVERY_ERROR_CODE)).isEqualTo(554);
            assertThat(value(kept, Bouncer.IS_DELIVERY_PERMANENT_ERROR)).isEqualTo(true);
            assertNothingIsLeft();
        }
    }

    @Test
    void whatFailedForGoodIsKeptWhoeverItsSenderIsAndNobodyIsWrittenTo() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(at("RCPT", "550 5.1.1 nobody"))) {
            deliver(sink, mail(MaybeSender.nullSender(), MESSAGE, "a@example.com"));

            SentMail kept = Awaitility.await()
                    .until(this::kept, mails -> mails.size() == 1)
                    .get(0);
            assertThat(kept.getState()).isEqualTo("bounces");
            assertThat(kept.getSender()).isNull();
            assertThat(kept.getRecipients()).containsExactly(new MailAddress("a@example.com"));
            assertThat(context.getBouncedMails()).isEmpty();
            assertNothingIsLeft();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"MAIL", "RCPT", "DATA", SmtpSink.DATA_END})
    void whatTheGatewayRefusesForNowIsTriedAgainAfterAMinute(String stage) throws Exception {
        try (SmtpSink sink = SmtpSink.replying(at(stage, "451 4.3.5 smtp2graph is down"))) {
            deliver(sink, mail(MaybeSender.of(new MailAddress("sender@example.com")), MESSAGE, "a@example.com"));

            MailQueueItemView waiting = Awaitility.await()
                    .until(this::waiting, mails -> mails.size() == 1)
                    .get(0);
            assertThat(waiting.getNextDelivery())
                    .contains(ZonedDateTime.ofInstant(NOW.plus(Duration.ofMinutes(1)), ZoneOffset.UTC));
            assertThat(waiting.getMail().getRecipients()).containsExactly(new MailAddress("a@example.com"));
            assertThat(kept()).isEmpty();
        }
    }

    @Test
    void aGatewayThatIsNotThereIsTriedAgainAfterAMinute() throws Exception {
        SmtpSink gone = SmtpSink.acceptingAll();
        gone.close();
        deliver(gone, mail(MaybeSender.of(new MailAddress("sender@example.com")), MESSAGE, "a@example.com"));

        MailQueueItemView waiting = Awaitility.await()
                .until(this::waiting, mails -> mails.size() == 1)
                .get(0);
        assertThat(waiting.getNextDelivery())
                .contains(ZonedDateTime.ofInstant(NOW.plus(Duration.ofMinutes(1)), ZoneOffset.UTC));
        assertThat(kept()).isEmpty();
    }

    @Test
    void aGatewayWhoseNameIsNotFoundIsTriedAgainToo() throws Exception {
        Map<String, String> parameters = shipped(25);
        parameters.put("gateway", "no-such-host.invalid");
        init(parameters);
        delivery.service(mail(MaybeSender.of(new MailAddress("sender@example.com")), MESSAGE, "a@example.com"));

        Awaitility.await().until(this::waiting, mails -> mails.size() == 1);
        assertThat(kept()).isEmpty();
    }

    @Test
    void theSecondPauseIsLonger() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(at("RCPT", "451 4.3.5 later"))) {
            deliver(sink, mail(MaybeSender.of(new MailAddress("sender@example.com")), MESSAGE, "a@example.com"));
            Awaitility.await().until(this::waiting, mails -> mails.size() == 1);

            // As webadmin's flush does: what waits is tried at once.
            outgoing.flush();

            Awaitility.await()
                    .untilAsserted(() -> assertThat(waiting())
                            .singleElement()
                            .satisfies(mail -> assertThat(mail.getNextDelivery())
                                    .contains(
                                            ZonedDateTime.ofInstant(NOW.plus(Duration.ofMinutes(2)), ZoneOffset.UTC))));
        }
    }

    @Test
    void aMailThatWaitedArrivesByteForByte() throws Exception {
        byte[] message = Messages.bytes("Subject: Test\r\nContent-Length: 1\r\n\r\n\u00fc\r\n.\r\n");
        boolean[] up = {false};
        try (SmtpSink sink =
                SmtpSink.replying(command -> up[0] || !command.equals(SmtpSink.DATA_END) ? "" : "451 4.3.5 later")) {
            deliver(sink, mail(MaybeSender.of(new MailAddress("sender@example.com")), message, "a@example.com"));
            Awaitility.await().until(this::waiting, mails -> mails.size() == 1);

            up[0] = true;
            outgoing.flush();

            Awaitility.await().until(() -> !sink.received().isEmpty());
            assertThat(Messages.text(sink.received().get(0).message())).isEqualTo(Messages.text(message));
            assertNothingIsLeft();
        }
    }

    @Test
    void eachRecipientFaresAsTheGatewaySays() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(mixed())) {
            deliver(
                    sink,
                    mail(
                            MaybeSender.of(new MailAddress("sender@example.com")),
                            MESSAGE,
                            "good@example.com",
                            "never@example.com",
                            "later@example.com"));

            Awaitility.await().untilAsserted(() -> {
                assertThat(sink.received())
                        .singleElement()
                        .satisfies(received -> assertThat(received.envelope())
                                .contains("RCPT TO:<good@example.com>")
                                .hasSize(2));
                assertThat(kept())
                        .singleElement()
                        .satisfies(mail ->
                                assertThat(mail.getRecipients()).containsExactly(new MailAddress("never@example.com")));
                assertThat(waiting())
                        .singleElement()
                        .satisfies(mail -> assertThat(mail.getMail().getRecipients())
                                .containsExactly(new MailAddress("later@example.com")));
            });
        }
    }

    @Test
    void aQuotedLocalPartFaresAsAnyOther() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(mixed())) {
            deliver(
                    sink,
                    mail(
                            MaybeSender.of(new MailAddress("sender@example.com")),
                            MESSAGE,
                            "good@example.com",
                            "later@example.com",
                            "\"later one\"@example.com",
                            "\"never one\"@example.com"));

            Awaitility.await().untilAsserted(() -> {
                assertThat(sink.received()).hasSize(1);
                assertThat(kept())
                        .singleElement()
                        .satisfies(mail -> assertThat(mail.getRecipients())
                                .containsExactly(new MailAddress("\"never one\"@example.com")));
                assertThat(waiting())
                        .singleElement()
                        .satisfies(mail -> assertThat(mail.getMail().getRecipients())
                                .containsExactlyInAnyOrder(
                                        new MailAddress("later@example.com"),
                                        new MailAddress("\"later one\"@example.com")));
            });
        }
    }

    @Test
    void whenNoneIsTakenSomeMayStillBeLater() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(mixed())) {
            deliver(
                    sink,
                    mail(
                            MaybeSender.of(new MailAddress("sender@example.com")),
                            MESSAGE,
                            "never@example.com",
                            "later@example.com"));

            Awaitility.await().untilAsserted(() -> {
                assertThat(kept())
                        .singleElement()
                        .satisfies(mail ->
                                assertThat(mail.getRecipients()).containsExactly(new MailAddress("never@example.com")));
                assertThat(waiting())
                        .singleElement()
                        .satisfies(mail -> assertThat(mail.getMail().getRecipients())
                                .containsExactly(new MailAddress("later@example.com")));
            });
        }
    }

    @Test
    void whatHappensToEachRecipientIsToldWithTheGatewaysWords() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(mixed())) {
            deliver(
                    sink,
                    mail(
                            MaybeSender.of(new MailAddress("sender@example.com")),
                            MESSAGE,
                            "good@example.com",
                            "never@example.com",
                            "later@example.com"));

            assertThat(value(kept().get(0), Bouncer.DELIVERY_ERROR_CODE)).isEqualTo(550);
            assertThat(events)
                    .hasSize(4)
                    .hasAtLeastOneElementOfType(DeliveryAttempted.class)
                    .contains(
                            new MailDelivered(
                                    "mail-1", List.of("good@example.com"), "127.0.0.1", "250 2.0.0 Ok: queued"),
                            new MailFailed(
                                    "mail-1", "sender@example.com", List.of("never@example.com"), "550 5.1.1 nobody"),
                            new DeliveryDeferred(
                                    "mail-1",
                                    List.of("later@example.com"),
                                    DeferralReason.REFUSED,
                                    "452 4.5.3 too many",
                                    Duration.ofMinutes(1)));
        }
    }

    @Test
    void oneConnectionServesOneMailAfterAnother() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            start(sink.port());
            for (int i = 0; i < 5; i++) {
                delivery.service(mail());
            }

            assertThat(sink.received()).hasSize(5);
            assertThat(sink.connections()).isEqualTo(1);
        }
    }

    @Test
    void aConnectionIsUsedForSoManyMailsAndNoMore() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            Map<String, String> parameters = shipped(sink.port());
            parameters.put("mailsPerConnection", "2");
            init(parameters);
            for (int i = 0; i < 5; i++) {
                delivery.service(mail());
            }

            assertThat(sink.connections()).isEqualTo(3);
            Awaitility.await()
                    .untilAsserted(() -> assertThat(sink.commands())
                            .filteredOn("QUIT"::equals)
                            .as("two, and the one that the greeting was read from")
                            .hasSize(3));
        }
    }

    @Test
    void aConnectionThatNobodyUsesIsClosed() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            Map<String, String> parameters = shipped(sink.port());
            parameters.put("idleTime", "100 ms");
            init(parameters);
            delivery.service(mail());

            Awaitility.await().until(() -> sink.commands().contains("QUIT"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "MAIL, close",
        "RCPT, close",
        "DATA, close",
        "MAIL, 421 4.4.2 closing",
        "RCPT, 421 4.4.2 closing",
        "DATA, 421 4.4.2 closing"
    })
    void aKeptConnectionThatTheGatewayEndsDefersNothing(String stage, String fault) throws Exception {
        AtomicInteger times = new AtomicInteger();
        try (SmtpSink sink =
                SmtpSink.replying(command -> command.startsWith(stage) && times.incrementAndGet() == 2 ? fault : "")) {
            start(sink.port());
            delivery.service(mail());
            delivery.service(mail());

            assertThat(sink.received()).as("each once").hasSize(2);
            assertThat(sink.connections()).isEqualTo(2);
            assertThat(waiting()).isEmpty();
        }
    }

    @Test
    void aGatewayThatWasRestartedDefersNothing() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            start(sink.port());
            delivery.service(mail());
            sink.hangUp();
            delivery.service(mail());

            assertThat(sink.received()).hasSize(2);
            assertThat(waiting()).isEmpty();
        }
    }

    @Test
    void aKeptConnectionThatIsSilentDefersNothing() throws Exception {
        AtomicInteger times = new AtomicInteger();
        try (SmtpSink sink = SmtpSink.replying(
                command -> command.startsWith("MAIL") && times.incrementAndGet() == 2 ? SmtpSink.SILENCE : "")) {
            Map<String, String> parameters = shipped(sink.port());
            parameters.put("timeout", "300");
            init(parameters);
            delivery.service(mail());
            delivery.service(mail());

            assertThat(sink.received()).hasSize(2);
            assertThat(waiting()).isEmpty();
        }
    }

    @Test
    void aNewConnectionThatEndsIsNotTriedTwice() throws Exception {
        AtomicInteger mails = new AtomicInteger();
        try (SmtpSink sink = SmtpSink.replying(
                command -> command.startsWith("MAIL") && mails.incrementAndGet() > 1 ? SmtpSink.CLOSE : "")) {
            start(sink.port());
            delivery.service(mail());
            delivery.service(mail());

            assertThat(sink.connections()).isEqualTo(2);
            assertThat(waiting()).hasSize(1);
        }
    }

    @Test
    void aKeptConnectionThatTheGatewayEndsInTheMiddleOfAMailLosesNothing() throws Exception {
        AtomicInteger mails = new AtomicInteger();
        try (SmtpSink sink = SmtpSink.replying(
                command -> command.equals("DATA") && mails.incrementAndGet() == 2 ? SmtpSink.CLOSE_IN_MESSAGE : "")) {
            start(sink.port());
            delivery.service(mail());
            delivery.service(mail());

            // The whole of it was under way, so that the gateway may have it.
            assertThat(waiting()).hasSize(1);
        }
    }

    @Test
    void whatTheGatewayMayHaveTakenIsTriedAgainLaterAndNotAtOnce() throws Exception {
        AtomicInteger mails = new AtomicInteger();
        try (SmtpSink sink = SmtpSink.replying(
                command -> command.equals(SmtpSink.DATA_END) && mails.incrementAndGet() == 2 ? SmtpSink.CLOSE : "")) {
            start(sink.port());
            delivery.service(mail());
            delivery.service(mail());

            assertThat(sink.received()).hasSize(2);
            assertThat(waiting()).as("at least once").hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {SmtpSink.CLOSE, "451 4.3.5 Unable to process mail"})
    void aMailThatTheGatewayIsLostWithIsBlamedWhenOthersPassedBefore(String loss) throws Exception {
        AtomicInteger mails = new AtomicInteger();
        try (SmtpSink sink = SmtpSink.replying(
                command -> command.equals(SmtpSink.DATA_END) && mails.incrementAndGet() > 1 ? loss : "")) {
            start(sink.port());
            delivery.service(mail());
            delivery.service(mail());
            delivery.service(mail());

            assertThat(waiting())
                    .extracting(view -> view.getMail()
                            .getAttribute(AttributeName.of("relaypod-gateway-lost"))
                            .isPresent())
                    .as("nothing passed before the second")
                    .containsExactly(true, false);
        }
    }

    @Test
    void aFreshMailIsNotStuckBehindABacklogAndTheBacklogHasFewConnections() throws Exception {
        for (int i = 0; i < 100; i++) {
            outgoing.enQueue(mail(MaybeSender.of(new MailAddress("old@example.com")), MESSAGE, "a@example.com"));
        }
        CountDownLatch gatewayIsSlow = new CountDownLatch(1);
        try (SmtpSink sink =
                SmtpSink.replying(command -> command.startsWith("MAIL FROM:<old@") ? waitedFor(gatewayIsSlow) : "")) {
            start(sink.port());
            Awaitility.await().until(() -> sink.connections() == 8);
            delivery.service(mail());
            assertThat(sink.received()).as("the fresh one").hasSize(1);
            assertThat(sink.connections()).isEqualTo(9);

            gatewayIsSlow.countDown();
            Awaitility.await().until(() -> sink.received().size() == 101);
            assertThat(sink.connections()).as("all that it took").isEqualTo(9);
            assertNothingIsLeft();
        }
    }

    private static String waitedFor(CountDownLatch latch) {
        try {
            return latch.await(1, TimeUnit.MINUTES) ? "" : "421 4.4.2 waited in vain";
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
            return SmtpSink.CLOSE;
        }
    }

    @Test
    void whatOneAddressOfTheGatewayTookAnotherIsNotSent() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(mixed());
                SmtpSink other = SmtpSink.atAnotherAddress(sink.port())) {
            twoAddresses = true;
            deliver(
                    sink,
                    mail(
                            MaybeSender.of(new MailAddress("sender@example.com")),
                            MESSAGE,
                            "good@example.com",
                            "later@example.com"));

            assertThat(sink.received()).hasSize(1);
            assertThat(other.connections()).isZero();
            assertThat(waiting())
                    .singleElement()
                    .satisfies(mail -> assertThat(mail.getMail().getRecipients())
                            .containsExactly(new MailAddress("later@example.com")));
        }
    }

    @Test
    void whatOneAddressOfTheGatewayMayHaveTakenAnotherIsNotSent() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(at(SmtpSink.DATA_END, SmtpSink.CLOSE));
                SmtpSink other = SmtpSink.atAnotherAddress(sink.port())) {
            twoAddresses = true;
            deliver(sink, mail());

            assertThat(sink.received()).hasSize(1);
            assertThat(other.connections()).isZero();
            assertThat(waiting()).hasSize(1);
        }
    }

    @Test
    void anAddressOfTheGatewayThatCannotBeConnectedIsPassedOver() throws Exception {
        SmtpSink gone = SmtpSink.acceptingAll();
        gone.close();
        try (SmtpSink other = SmtpSink.atAnotherAddress(gone.port())) {
            twoAddresses = true;
            deliver(gone, mail());

            assertThat(other.received()).hasSize(1);
            assertThat(waiting()).isEmpty();
        }
    }

    @Test
    void aGatewayThatDoesNotAnswerQuitHoldsUpNobody() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(at("QUIT", SmtpSink.SILENCE))) {
            deliver(sink, mail());

            assertTimeoutPreemptively(Duration.ofSeconds(60), delivery::destroy);
        }
    }

    @Test
    void whoHasAMailDoesNotGetItAgainWhenTheQueueCannotTakeTheRest() throws Exception {
        byte[] message = Messages.bytes("To: good@example.com, later@example.com\r\nSubject: Test\r\n\r\nbody\r\n");
        AtomicBoolean isUp = new AtomicBoolean();
        try (SmtpSink sink = SmtpSink.replying(command -> isUp.get() ? "" : mixed().apply(command))) {
            queues.makeUnavailable();
            start(sink.port());
            // The spool gives it again as it was.
            for (int tries = 0; tries < 3; tries++) {
                assertThatThrownBy(() -> delivery.service(mail(
                                MaybeSender.of(new MailAddress("sender@example.com")),
                                message,
                                "good@example.com",
                                "later@example.com")))
                        .isInstanceOf(MessagingException.class);
            }
            assertThat(sink.received())
                    .singleElement()
                    .satisfies(received -> assertThat(received.envelope())
                            .contains("RCPT TO:<good@example.com>")
                            .hasSize(2));

            isUp.set(true);
            delivery.service(mail(
                    MaybeSender.of(new MailAddress("sender@example.com")),
                    message,
                    "good@example.com",
                    "later@example.com"));
            assertThat(sink.received()).hasSize(2);
            assertThat(sink.received().get(1).envelope())
                    .contains("RCPT TO:<later@example.com>")
                    .hasSize(2);
            assertThat(Messages.text(sink.received().get(1).message()))
                    .contains("To: later@example.com")
                    .doesNotContain("good@");
        }
    }

    @Test
    void aMailThatComesWhenConnectionsAreClosedIsNotGivenUp() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            start(sink.port());
            delivery.destroy();
            delivery.service(mail());

            assertThat(kept()).isEmpty();
            assertThat(waiting()).hasSize(1);
        }
    }

    @Test
    void aMailThatLeavesAsManyCountsAsMany() throws Exception {
        byte[] message = Messages.bytes(
                "From: office@example.com\r\nTo: a@example.com, b@example.com, c@example.com, later@example.com\r\n\r\nbody\r\n");
        AtomicReference<Instant> now = new AtomicReference<>(NOW.minus(Duration.ofHours(2)));
        SenderRateLimiter pace = SenderRateLimiter.of(SendingRate.parse("2/h"), clock(now::get));
        now.set(NOW);
        RemoteDelivery paced = delivery(pace);
        try (SmtpSink sink = SmtpSink.replying(mixed())) {
            paced.init(config(shipped(sink.port())));
            paced.service(mail(
                    MaybeSender.of(new MailAddress("sender@example.com")),
                    message,
                    "a@example.com",
                    "b@example.com",
                    "c@example.com",
                    "later@example.com"));

            assertThat(sink.received()).as("two in an hour").hasSize(2);
            assertThat(queues.forSenders()).singleElement().satisfies(mail -> {
                assertThat(mail.getRecipients()).hasSize(2).contains(new MailAddress("later@example.com"));
                assertThat(sink.received())
                        .allSatisfy(received -> assertThat(received.envelope())
                                .doesNotContainAnyElementsOf(mail.getRecipients().stream()
                                        .map(recipient -> "RCPT TO:<" + recipient.asString() + ">")
                                        .toList()));
                String text = Messages.text(Messages.written(mail.getMessage()));
                assertThat(Stream.of("a@example.com", "b@example.com", "c@example.com", "later@example.com")
                                .filter(text::contains))
                        .containsExactlyInAnyOrderElementsOf(mail.getRecipients().stream()
                                .map(MailAddress::asString)
                                .toList());
            });
            assertThat(waiting()).isEmpty();
        } finally {
            paced.destroy();
        }
    }

    @Test
    void aMailBeyondTheQuotaOfItsMailboxWaitsAndWhatWasNotDeliveredDoesNotCount() throws Exception {
        RecipientQuota quota = new RecipientQuota(3, 0, DomainSet.empty(), clock(() -> NOW));
        RemoteDelivery limited = delivery(SenderRateLimiter.unlimited().within(quota));
        try (SmtpSink sink = SmtpSink.replying(mixed())) {
            limited.init(config(shipped(sink.port())));
            limited.service(mail(
                    MaybeSender.of(new MailAddress("sender@example.com")),
                    Messages.bytes("From: office@example.com\r\n\r\nbody\r\n"),
                    "a@example.com",
                    "b@example.com",
                    "later@example.com"));
            assertThat(quota.states())
                    .singleElement()
                    .satisfies(state ->
                            assertThat(state.used()).as("one was deferred").isEqualTo(2));

            Mail next = mail(
                    MaybeSender.of(new MailAddress("sender@example.com")),
                    Messages.bytes("From: office@example.com\r\n\r\nbody\r\n"),
                    "a@example.com",
                    "b@example.com");
            limited.service(next);
            assertThat(queues.forSenders()).containsExactly(next);

            limited.service(mail(
                    MaybeSender.of(new MailAddress("sender@example.com")),
                    Messages.bytes("From: sales@example.com\r\n\r\nbody\r\n"),
                    "a@example.com"));
            assertThat(queues.forSenders()).as("another mailbox").hasSize(1);
        } finally {
            limited.destroy();
        }
    }

    @Test
    void aMailThatLeavesTheTenantBeyondItsQuotaWaitsAndMailWithinTheTenantPasses() throws Exception {
        RecipientQuota quota = new RecipientQuota(0, 1, DomainSet.parse(List.of("example.com")), clock(() -> NOW));
        RemoteDelivery limited = delivery(SenderRateLimiter.unlimited().within(quota));
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            limited.init(config(shipped(sink.port())));
            for (String recipient : List.of("a@example.org", "b@example.org", "c@example.com", "d@example.net")) {
                limited.service(mail(
                        MaybeSender.of(new MailAddress("sender@example.com")),
                        Messages.bytes("From: office@example.com\r\n\r\nbody\r\n"),
                        recipient));
            }

            assertThat(queues.forTenant())
                    .extracting(mail -> mail.getRecipients().iterator().next().asString())
                    .containsExactly("b@example.org", "d@example.net");
            assertThat(sink.received()).hasSize(2);
            assertThat(queues.forSenders()).isEmpty();
        } finally {
            limited.destroy();
        }
    }

    @Test
    void aMailThatCannotGoAtOnceGoesThroughTheQueue() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            Map<String, String> parameters = shipped(sink.port());
            parameters.put("atOnce", "0");
            init(parameters);
            delivery.service(mail());

            Awaitility.await().until(() -> !sink.received().isEmpty());
            assertNothingIsLeft();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "atOnce | some | a number from 0",
                "atOnce | -1 | a number from 0",
                "deliveryThreads | 0 | a number from 1",
                "mailsPerConnection | 0 | a number from 1",
                "gatewayPort | smtp | a number from 1 to 65535",
                "gateway | mail pit:25 | HOST or HOST:PORT with a port from 1 to 65535, such as mailpit:1025",
                "delayTime | 1 minit | delays such as 5 minutes, 3 * 1 hour",
                "delayTime | 5 minutes, 3 | delays such as 5 minutes, 3 * 1 hour",
                "delayTime | 0 * 1 hour | delays such as 5 minutes, 3 * 1 hour",
                "delayTime | , | delays such as 5 minutes, 3 * 1 hour",
                "delayTime | 9999999999999999 days | delays such as 5 minutes, 3 * 1 hour",
                "maxRetries | many | a number from 0",
                "maxRetries | '125,125' | a number from 0",
                "maxDnsProblemRetries | -1 | a number from 0",
                "startTLS | yes | true or false",
                "gateway | mailpit: | HOST or HOST:PORT with a port from 1 to 65535, such as mailpit:1025",
                "gateway | mailpit:smtp | HOST or HOST:PORT with a port from 1 to 65535, such as mailpit:1025",
                "gateway | mailpit:65536 | HOST or HOST:PORT with a port from 1 to 65535, such as mailpit:1025",
                "gateway | fd00::25 | HOST or HOST:PORT with a port from 1 to 65535, such as mailpit:1025",
                "timeout | soon | a number from 1",
                "timeout | 0 | a number from 1",
                "connectiontimeout | -1 | a number from 1",
                "bytesInFlight | 0 | a number of bytes above zero, such as 8M",
                "bytesInFlight | much | a number of bytes above zero, such as 8M",
                "sendpartial | true | false, as a header names all recipients of its mail",
                "heldPause | 0 s | a duration above zero, such as 10 seconds",
                "dataTimeout | 0 s | a duration above zero, such as 10 seconds",
                "idleTime | 0 s | a duration above zero, such as 10 seconds",
                "idleTime | long | a duration above zero, such as 10 seconds"
            })
    void aWrongParameterIsNamedWithWhatWasExpected(String parameter, String value, String expected) throws Exception {
        Map<String, String> parameters = shipped(25);
        parameters.put(parameter, value);

        assertThatThrownBy(() -> init(parameters))
                .isInstanceOf(MailetException.class)
                .hasMessage("RemoteDelivery: <" + parameter + "> is '" + value + "'; expected " + expected);
    }

    @Test
    void aSettingOfJakartaMailIsRefused() throws Exception {
        Map<String, String> parameters = shipped(25);
        parameters.put("mail.smtp.ssl.trust", "*");

        assertThatThrownBy(() -> init(parameters))
                .isInstanceOf(MailetException.class)
                .hasMessage(
                        "RemoteDelivery: <mail.smtp.ssl.trust> is a setting of Jakarta Mail, which relaypod does not use; remove it");
    }

    @Test
    void thePortOfSmtp2GraphIsRefusedUnlessAConnectionCarriesOneMail() throws Exception {
        assertThatThrownBy(() -> init(shipped(2525)))
                .isInstanceOf(MailetException.class)
                .hasMessageContaining("<gatewayPort> (UPSTREAM_PORT) is 2525, the port of smtp2graph")
                .hasMessageContaining("loses a mail if one connection carries two");

        Map<String, String> parameters = shipped(2525);
        parameters.put("mailsPerConnection", "1");
        init(parameters);
    }

    @Test
    void aGatewayThatGreetsAsSmtp2GraphIsRefusedUnlessAConnectionCarriesOneMail() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll().greetingWith("220 host SMTP2Graph 1.1.4 ESMTP")) {
            assertThatThrownBy(() -> start(sink.port()))
                    .isInstanceOf(MailetException.class)
                    .hasMessageContaining("127.0.0.1:" + sink.port() + " greets as smtp2graph")
                    .hasMessageContaining("<mailsPerConnection> 1");

            Map<String, String> parameters = shipped(sink.port());
            parameters.put("mailsPerConnection", "1");
            init(parameters);
            delivery.service(mail());
            delivery.service(mail());
            assertThat(sink.received()).hasSize(2);
            assertThat(sink.connections()).isEqualTo(2);
        }
    }

    @Test
    void aGatewayThatGreetsAsSmtp2GraphOnlyAfterTheStartGetsOneMailAConnection() throws Exception {
        byte[] message = Messages.bytes("To: a@example.com, b@example.com\r\n\r\nbody\r\n");
        AtomicBoolean isDown = new AtomicBoolean(true);
        try (SmtpSink sink = SmtpSink.replying(command -> isDown.get() ? SmtpSink.CLOSE : mixed().apply(command))) {
            start(sink.port());
            isDown.set(false);
            sink.greetingWith("220 smtp2graph ESMTP");
            delivery.service(mail(
                    MaybeSender.of(new MailAddress("sender@example.com")),
                    message,
                    "a@example.com",
                    "b@example.com",
                    "never@example.com"));

            assertThat(sink.received()).as("one by one, as one was refused").hasSize(2);
            assertThat(sink.connections()).isEqualTo(3);
        }
    }

    @Test
    void aGatewayThatIsSilentAtTheStartDelaysItLittle() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll().greetingWith(SmtpSink.SILENCE)) {
            assertTimeoutPreemptively(Duration.ofSeconds(20), () -> start(sink.port()));
        }
    }

    @Test
    void noticesAreAskedForEachRecipientWhereTheGatewayOffersThem() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(command -> "", "DSN", "PIPELINING")) {
            Mail mail = mail(
                    MaybeSender.of(new MailAddress("sender@example.com")), MESSAGE, "a@example.com", "b@example.com");
            mail.setDsnParameters(DsnParameters.builder()
                    .envId(DsnParameters.EnvId.of("QQ314159"))
                    .ret(DsnParameters.Ret.HDRS)
                    .addRcptParameter(
                            new MailAddress("a@example.com"),
                            DsnParameters.RecipientDsnParameters.of(EnumSet.of(DsnParameters.Notify.NEVER)))
                    .addRcptParameter(
                            new MailAddress("b@example.com"),
                            DsnParameters.RecipientDsnParameters.of(
                                    EnumSet.of(DsnParameters.Notify.FAILURE, DsnParameters.Notify.SUCCESS)))
                    .build()
                    .orElseThrow());
            deliver(sink, mail);

            assertThat(sink.received())
                    .singleElement()
                    .satisfies(received -> assertThat(received.envelope())
                            .containsExactlyInAnyOrder(
                                    "MAIL FROM:<sender@example.com> RET=HDRS ENVID=QQ314159",
                                    "RCPT TO:<a@example.com> NOTIFY=NEVER",
                                    "RCPT TO:<b@example.com> NOTIFY=SUCCESS,FAILURE"));
        }
    }

    @Test
    void aSenderThatIsALiteralIsLeftOutIfTheGatewayDoesNotReadIt() throws Exception {
        try (SmtpSink sink =
                SmtpSink.replying(command -> command.startsWith("MAIL FROM:<s@[") ? "553 5.1.7 cannot read it" : "")) {
            deliver(
                    sink,
                    mail(MaybeSender.of(EnvelopeMailAddress.read("s@[IPv6:2001:db8::1]")), MESSAGE, "a@example.com"));

            assertThat(sink.received())
                    .singleElement()
                    .satisfies(received -> assertThat(received.envelope()).contains("MAIL FROM:<>"));
        }
    }

    @Test
    void aRecipientWithAnALabelIsWrittenAsSmtp2GraphReadsIt() throws Exception {
        try (SmtpSink sink = SmtpSink.acceptingAll()) {
            deliver(sink, mail(MaybeSender.of(new MailAddress("s@example.com")), MESSAGE, "a@xn--bcher-kva.example"));

            assertThat(sink.received().get(0).envelope()).contains("RCPT TO:<a@XN--bcher-kva.example>");
            assertThat(events)
                    .filteredOn(MailDelivered.class::isInstance)
                    .extracting(event -> ((MailDelivered) event).recipients())
                    .containsExactly(List.of("a@xn--bcher-kva.example"));
        }
    }

    @Test
    void theConnectionEndsBetweenRecipientsAndTheOthersAreTriedLater() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(command -> command.startsWith("RCPT TO:<never")
                ? "550 5.1.1 nobody"
                : command.startsWith("RCPT TO:<c@") && events.stream().anyMatch(MailDelivered.class::isInstance)
                        ? SmtpSink.CLOSE
                        : "")) {
            deliver(
                    sink,
                    mail(
                            MaybeSender.of(new MailAddress("sender@example.com")),
                            MESSAGE,
                            "never@example.com",
                            "b@example.com",
                            "c@example.com",
                            "d@example.com"));

            List<MailAddress> left =
                    waiting().get(0).getMail().getRecipients().stream().toList();
            assertThat(left)
                    .contains(new MailAddress("c@example.com"))
                    .doesNotContain(new MailAddress("never@example.com"));
            assertThat(kept())
                    .singleElement()
                    .satisfies(mail ->
                            assertThat(mail.getRecipients()).containsExactly(new MailAddress("never@example.com")));
            assertThat(sink.received().size() + left.size()).isEqualTo(3);
        }
    }

    @Test
    void whenTheQueueHasHeldAMailForAllRetriesItFailsWithTheLastReply() throws Exception {
        try (SmtpSink sink = SmtpSink.replying(at("RCPT", "451 4.3.0 later"))) {
            Mail mail = mail();
            mail.setState(Mail.ERROR);
            mail.setAttribute(DeliveryRetriesHelper.makeAttribute(125));
            deliver(sink, mail);

            assertThat(value(kept().get(0), Bouncer.DELIVERY_ERROR))
                    .isEqualTo("not delivered after 125 retries; last: 451 4.3.0 later");
        }
    }

    @Test
    void theShippedPausesBeginWithAMinuteAndLastFiveDays() throws Exception {
        RemoteDeliveryConfiguration configuration = new RemoteDeliveryConfiguration(config(shipped(25)), domains());

        assertThat(configuration.getDelayTimes())
                .startsWith(Duration.ofMinutes(1), Duration.ofMinutes(2), Duration.ofMinutes(4))
                .endsWith(Duration.ofHours(1))
                .isSorted()
                .hasSize(configuration.getMaxRetries());
        assertThat(configuration.getDelayTimes().stream().reduce(Duration.ZERO, Duration::plus))
                .isBetween(Duration.ofDays(5), Duration.ofDays(5).plusHours(1));
    }

    private RemoteDelivery delivery(SenderRateLimiter pace) {
        return new RemoteDelivery(
                new Addresses(),
                domains(),
                queues,
                pace,
                Clock.fixed(NOW, ZoneOffset.UTC),
                events::add,
                new RecordingMetricFactory(),
                new NoopGaugeRegistry(),
                new MemoryBudget(64 << 20),
                Optional.empty());
    }

    private static Clock clock(Supplier<Instant> now) {
        return new Clock() {
            @Override
            public Instant instant() {
                return now.get();
            }

            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                throw new UnsupportedOperationException("UTC only");
            }
        };
    }

    private final class Addresses extends JamesContext.Hosts {

        @Override
        public Collection<InetAddress> getAllByName(String host) throws UnknownHostException {
            return twoAddresses
                    ? List.of(InetAddress.getByName("127.0.0.1"), InetAddress.getByName("127.0.0.2"))
                    : super.getAllByName(host);
        }
    }

    private void deliver(SmtpSink sink, Mail mail) throws Exception {
        start(sink.port());
        delivery.service(mail);
    }

    private void start(int gatewayPort) throws Exception {
        init(shipped(gatewayPort));
    }

    private void init(Map<String, String> parameters) throws MessagingException {
        delivery.init(config(parameters));
    }

    private MailetConfig config(Map<String, String> parameters) {
        FakeMailetConfig.Builder config =
                FakeMailetConfig.builder().mailetName("RemoteDelivery").mailetContext(context);
        parameters.forEach(config::setProperty);
        return config.build();
    }

    /** The parameters that james-conf ships, with the gateway at a port of this machine. */
    private static Map<String, String> shipped(int gatewayPort) throws Exception {
        XPath xpath = XPathFactory.newInstance().newXPath();
        Node mailet = (Node) xpath.evaluate(
                "//mailet[@class='io.relaypod.gateway.RemoteDelivery']",
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(SHIPPED.toFile()),
                XPathConstants.NODE);
        NodeList children = (NodeList) xpath.evaluate("*", mailet, XPathConstants.NODESET);
        Map<String, String> parameters = new TreeMap<>();
        IntStream.range(0, children.getLength())
                .mapToObj(children::item)
                .forEach(child -> parameters.put(
                        child.getNodeName(),
                        child.getTextContent()
                                .replace("${env:GATEWAY_BYTES_IN_FLIGHT}", "8M")
                                .replace("${env:UPSTREAM_HOST}", "127.0.0.1")
                                .replace("${env:UPSTREAM_PORT}", Integer.toString(gatewayPort))));
        return parameters;
    }

    private List<SentMail> kept() {
        return context.getSentMails();
    }

    private List<MailQueueItemView> waiting() {
        return Stream.of(outgoing.browse())
                .<MailQueueItemView>mapMulti((views, out) -> views.forEachRemaining(out::accept))
                .filter(view -> view.getNextDelivery()
                        .filter(next -> next.toInstant().isAfter(NOW))
                        .isPresent())
                .toList();
    }

    private void assertNothingIsLeft() {
        Awaitility.await().untilAsserted(() -> assertThat(outgoing.getSize()).isZero());
    }

    private static Object value(SentMail mail, AttributeName name) {
        Attribute attribute = mail.getAttributes().get(name);
        return attribute == null ? null : ((AttributeValue<?>) attribute.getValue()).value();
    }

    private static UnaryOperator<String> at(String stage, String reply) {
        return command -> command.equals(stage) || command.startsWith(stage + " ") ? reply : "";
    }

    private static UnaryOperator<String> mixed() {
        return command -> command.startsWith("RCPT TO:<never") || command.startsWith("RCPT TO:<\"never")
                ? "550 5.1.1 nobody"
                : command.startsWith("RCPT TO:<later") || command.startsWith("RCPT TO:<\"later")
                        ? "452 4.5.3 too many"
                        : "";
    }

    private static Mail mail() throws Exception {
        return mail(MaybeSender.of(new MailAddress("sender@example.com")), MESSAGE, "a@example.com");
    }

    private static Mail mail(MaybeSender sender, byte[] message, String... recipients) throws Exception {
        MailImpl mail = MailImpl.builder()
                .name("mail-1")
                .sender(sender)
                .addRecipients(recipients)
                .build();
        mail.setMessageNoCopy(Messages.received(message));
        return mail;
    }

    private static DomainList domains() {
        try {
            return JamesContext.domains();
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
