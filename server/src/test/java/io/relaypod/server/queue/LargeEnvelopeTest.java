package io.relaypod.server.queue;

import static io.relaypod.server.queue.OpenQueue.LONG_ENOUGH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import javax.mail.internet.AddressException;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.server.queue.broker.BrokerConnection;
import io.relaypod.server.queue.broker.EmbeddedBroker;
import io.relaypod.server.queue.stored.RemovedMail;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.james.core.MailAddress;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueue.MailQueueItem.CompletionStatus;
import org.apache.james.queue.api.ManageableMailQueue.Type;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;
import org.apache.mailet.base.test.FakeMail;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** An envelope of any size is stored, and stored again, and no mail that cannot be stored again stops the others. */
class LargeEnvelopeTest {

    private static final String MESSAGE = "Subject: test\r\n\r\nHello\r\n";
    private static final AttributeName REFUSED = AttributeName.of("refused");

    @TempDir
    private Path dataDir;

    @ParameterizedTest
    @CsvSource({"1000, 150000", "10000, 100", "4000, 90000", "90, 150000"})
    void a_mail_to_many_is_stored_and_deferred_and_released(int recipients, int bytes) throws Exception {
        List<MailAddress> all = addresses(recipients, 52);
        String message = "Subject: test\r\n\r\n" + "x".repeat(bytes) + "\r\n";
        try (OpenQueue open = OpenQueue.on(dataDir, "outgoing")) {
            FakeMail mail = OpenQueue.mail("many", message);
            mail.setRecipients(all);
            open.queue().enQueue(mail);
            MailQueueItem first = open.dequeueOne();
            assertIs(first.getMail(), all, message);
            first.getMail().setAttribute(refused(100));
            open.queue().enQueue(first.getMail(), Duration.ofMillis(100));
            first.done(CompletionStatus.SUCCESS);

            MailQueueItem second = open.dequeueOne();
            assertIs(second.getMail(), all, message);
            assertThat(second.getMail().getAttribute(REFUSED)).contains(refused(100));
            second.done(CompletionStatus.RETRY);

            assertIs(open.dequeueOne().getMail(), all, message);
        }
    }

    @Test
    void refused_addresses_that_travel_with_a_mail_have_no_limit() throws Exception {
        try (OpenQueue open = OpenQueue.on(dataDir, "outgoing")) {
            FakeMail mail = OpenQueue.mail("refused", MESSAGE);
            mail.setAttribute(refused(9_990));
            open.queue().enQueue(mail, Duration.ofMillis(100));
            open.queue().enQueue(OpenQueue.mail("behind", MESSAGE), Duration.ofMillis(100));
            assertThat(open.dequeue(2))
                    .extracting(item -> item.getMail().getName())
                    .containsExactlyInAnyOrder("refused", "behind");
        }
    }

    @Test
    void a_mail_to_many_is_listed_and_found_and_removed_by_each_of_its_recipients() throws Exception {
        try (OpenQueue open = OpenQueue.on(dataDir, "outgoing")) {
            for (int bytes : new int[] {10, 200_000}) {
                FakeMail mail = OpenQueue.mail("many" + bytes, "Subject: test\r\n\r\n" + "x".repeat(bytes) + "\r\n");
                mail.setRecipients(addresses(1500, 52));
                open.queue().enQueue(mail, Duration.ofHours(1));
            }
            open.queue().enQueue(OpenQueue.mail("other", MESSAGE), Duration.ofHours(1));
            List<Integer> listed = new ArrayList<>();
            open.queue()
                    .browse()
                    .forEachRemaining(
                            view -> listed.add(view.getMail().getRecipients().size()));
            assertThat(listed).containsExactlyInAnyOrder(1500, 1500, 1);

            assertThat(open.queue().remove(Type.Recipient, "nobody@example.com"))
                    .isZero();
            List<RemovedMail> removed = new ArrayList<>();
            assertThat(open.queue()
                            .remove(
                                    Type.Recipient,
                                    addresses(1500, 52).get(1499).asString(),
                                    removed::add))
                    .isEqualTo(2);
            assertThat(removed).allSatisfy(mail -> assertThat(mail.recipients()).hasSize(1500));
            assertThat(open.names()).containsExactly("other");
        }
    }

    @Test
    void largeEnvelopesInFlightFitIntoTheirShareOfMemoryAndOneBeyondTheShareIsInFlightAlone() throws Exception {
        MemoryBudget memory = new MemoryBudget(4 << 20);
        EmbeddedBroker broker = EmbeddedBroker.start(dataDir, LONG_ENOUGH, new SimpleMeterRegistry());
        try (OpenQueue open = OpenQueue.on(broker, memory, "outgoing")) {
            for (int number = 0; number < 3; number++) {
                FakeMail mail = OpenQueue.mail("many" + number, MESSAGE);
                mail.setRecipients(addresses(1500, 52));
                open.queue().enQueue(mail);
            }
            BlockingQueue<MailQueueItem> given = new LinkedBlockingQueue<>();
            Disposable reader = Flux.from(open.queue().deQueue()).subscribe(given::add);
            for (int number = 0; number < 3; number++) {
                MailQueueItem item = given.poll(LONG_ENOUGH.toSeconds(), TimeUnit.SECONDS);
                assertThat(item).isNotNull();
                assertThat(memory.reserved(MemoryUse.ENVELOPES_IN_FLIGHT))
                        .isEqualTo(memory.limit(MemoryUse.ENVELOPES_IN_FLIGHT));
                await().during(Duration.ofMillis(300)).atMost(LONG_ENOUGH).until(given::isEmpty);
                item.done(CompletionStatus.SUCCESS);
            }
            await().atMost(LONG_ENOUGH).until(() -> memory.reserved(MemoryUse.ENVELOPES_IN_FLIGHT) == 0);
            reader.dispose();
        }
    }

    /** As a version before this one stored it: 245,000 characters in properties. */
    @Test
    void a_mail_that_cannot_be_stored_again_as_it_is_does_not_stop_the_others_that_wait() throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(dataDir, LONG_ENOUGH, new SimpleMeterRegistry());
        try (OpenQueue open = OpenQueue.on(broker, "outgoing")) {
            open.queue().enQueue(OpenQueue.mail("before", MESSAGE), Duration.ofSeconds(1));
            sendWaiting(broker, "poison", message -> {
                message.putStringProperty("envelope", "{\"attributes\":{},\"error\":\"" + "x".repeat(245_000) + "\"}");
                message.getBodyBuffer().writeBytes(MESSAGE.getBytes(StandardCharsets.US_ASCII));
            });
            open.queue().enQueue(OpenQueue.mail("behind", MESSAGE), Duration.ofSeconds(1));
            List<MailQueueItem> given = open.dequeue(3);
            assertThat(given)
                    .extracting(item -> item.getMail().getName())
                    .containsExactlyInAnyOrder("before", "poison", "behind");
            for (MailQueueItem item : given) {
                open.queue().enQueue(item.getMail(), Duration.ofMillis(100));
                item.done(CompletionStatus.SUCCESS);
            }
            assertThat(open.dequeue(3))
                    .extracting(item -> item.getMail().getName())
                    .containsExactlyInAnyOrder("before", "poison", "behind");
        }
    }

    @Test
    void a_due_time_that_is_damaged_does_not_stop_the_others_that_wait() throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(dataDir, LONG_ENOUGH, new SimpleMeterRegistry());
        try (OpenQueue open = OpenQueue.on(broker, "outgoing")) {
            open.queue().enQueue(OpenQueue.mail("before", MESSAGE), Duration.ofSeconds(1));
            sendWaiting(broker, "no time", message -> {
                message.putStringProperty("envelope", "{}");
                message.putStringProperty("due", "soon");
            });
            open.queue().enQueue(OpenQueue.mail("behind", MESSAGE), Duration.ofSeconds(1));
            List<String> given = Collections.synchronizedList(new ArrayList<>());
            open.dequeue(3).forEach(item -> given.add(item.getMail().getName()));
            await().atMost(LONG_ENOUGH)
                    .untilAsserted(() -> assertThat(given).containsExactlyInAnyOrder("before", "no time", "behind"));
        }
    }

    private static void sendWaiting(EmbeddedBroker broker, String name, Consumer<ClientMessage> rest) throws Exception {
        try (BrokerConnection connection = broker.connect(1).get(0);
                ClientSession session = connection.session();
                ClientProducer producer = session.createProducer("relaypod.wait.1000.outgoing")) {
            ClientMessage message = session.createMessage(true);
            message.putStringProperty("name", name);
            message.putStringProperty("sender", "sender@example.com");
            message.putStringProperty("recipients", "\nrecipient@example.com\n");
            rest.accept(message);
            producer.send(message);
        }
    }

    private static void assertIs(Mail mail, List<MailAddress> recipients, String message) throws Exception {
        assertThat(mail.getRecipients()).containsExactlyElementsOf(recipients);
        assertThat(mail.getMessageSize()).isEqualTo(message.length());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        mail.getMessage().writeTo(out);
        assertThat(out.toString(StandardCharsets.ISO_8859_1)).isEqualTo(message);
    }

    private static Attribute refused(int count) {
        return new Attribute(
                REFUSED,
                AttributeValue.of(IntStream.range(0, count)
                        .<AttributeValue<?>>mapToObj(i -> AttributeValue.of(i + "@" + "x".repeat(240) + ".example"))
                        .toList()));
    }

    private static List<MailAddress> addresses(int count, int length) {
        return IntStream.range(0, count)
                .mapToObj(number -> {
                    String domain = "@example.com";
                    String local = "%06d".formatted(number);
                    try {
                        return new MailAddress(local + "a".repeat(length - local.length() - domain.length()) + domain);
                    } catch (AddressException impossible) {
                        throw new IllegalStateException(impossible);
                    }
                })
                .toList();
    }
}
