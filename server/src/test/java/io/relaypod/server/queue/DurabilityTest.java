package io.relaypod.server.queue;

import static io.relaypod.server.queue.OpenQueue.LONG_ENOUGH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.gateway.VerbatimMailQueueItems;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.TemporaryFileName;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.BrokerConnection;
import io.relaypod.server.queue.broker.BrokerConnections;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.broker.BrokerManagement;
import io.relaypod.server.queue.broker.DurableProducer;
import io.relaypod.server.queue.broker.EmbeddedBroker;
import io.relaypod.server.queue.broker.FreeSpace;
import io.relaypod.server.queue.broker.InsufficientStorageException;
import io.relaypod.server.queue.broker.TruncatedJournal;
import io.relaypod.server.queue.inflight.InFlightMails;
import io.relaypod.server.queue.stored.MailBody;
import io.relaypod.server.settings.InvalidSettingsException;
import io.relaypod.server.threads.ServerThreads;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.nativo.jlibaio.LibaioContext;
import org.apache.james.core.MailAddress;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.queue.api.MailPrioritySupport;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueue.MailQueueItem.CompletionStatus;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.api.ManageableMailQueue.Type;
import org.apache.mailet.Attribute;
import org.apache.mailet.DsnParameters;
import org.apache.mailet.Mail;
import org.apache.mailet.PerRecipientHeaders;
import org.apache.mailet.base.test.FakeMail;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What was stored is still there, whatever happened to the process or the disk. */
class DurabilityTest {

    // Of Artemis' journal: a kind of record, where it has the length of its body, and where a file has its number,
    // which each record repeats.
    private static final byte ADD_RECORD = 11;
    private static final int LENGTH = 14;
    private static final int NUMBER = 12;
    private static final int NUMBER_OF_RECORD = 1;
    private static final String MESSAGE = "Subject: test\r\n\r\nHello\r\n";
    private static final String LARGE = "Subject: test\r\n\r\n" + "x".repeat(2 * MailBody.LARGE) + "\r\n";

    @TempDir
    private Path dataDir;

    @Test
    void a_mail_and_all_that_it_carries_survives_a_restart() throws Exception {
        MailAddress recipient = new MailAddress("\"a, b\"@example.com");
        PerRecipientHeaders.Header header = PerRecipientHeaders.Header.builder()
                .name("X-For")
                .value("one: of them")
                .build();
        Attribute attribute = Attribute.convertToAttribute("tried", 7);
        DsnParameters dsn = DsnParameters.builder()
                .envId(DsnParameters.EnvId.of("id"))
                .addRcptParameter(
                        recipient, DsnParameters.RecipientDsnParameters.of(EnumSet.of(DsnParameters.Notify.FAILURE)))
                .build()
                .orElseThrow();
        try (OpenQueue before = OpenQueue.on(dataDir, "spool")) {
            FakeMail mail = OpenQueue.mail("one", MESSAGE);
            mail.setRecipients(List.of(recipient));
            mail.setErrorMessage("451 not now\nreally");
            mail.setState("transport");
            mail.setAttribute(attribute);
            mail.addSpecificHeaderForRecipient(header, recipient);
            mail.setDsnParameters(dsn);
            before.queue().enQueue(mail);
        }
        try (OpenQueue after = OpenQueue.on(dataDir, "spool")) {
            Mail mail = after.dequeueOne().getMail();
            assertThat(mail.getName()).isEqualTo("one");
            assertThat(mail.getMaybeSender().asString()).isEqualTo("sender@example.com");
            assertThat(mail.getRecipients()).containsExactly(recipient);
            assertThat(mail.getErrorMessage()).isEqualTo("451 not now\nreally");
            assertThat(mail.getState()).isEqualTo("transport");
            assertThat(mail.getAttribute(attribute.getName())).contains(attribute);
            assertThat(mail.getPerRecipientSpecificHeaders().getHeadersForRecipient(recipient))
                    .containsExactly(header);
            assertThat(mail.dsnParameters()).contains(dsn);
            assertThat(bytes(mail)).isEqualTo(MESSAGE);
        }
    }

    @Test
    void mails_come_back_by_priority_and_then_in_their_order() throws Exception {
        try (OpenQueue before = OpenQueue.on(dataDir, "spool")) {
            FakeMail urgent = OpenQueue.mail("urgent", MESSAGE);
            urgent.setAttribute(MailPrioritySupport.HIGH_PRIORITY_ATTRIBUTE);
            before.queue().enQueue(OpenQueue.mail("first", MESSAGE));
            before.queue().enQueue(OpenQueue.mail("second", MESSAGE));
            before.queue().enQueue(urgent);
        }
        try (OpenQueue after = OpenQueue.on(dataDir, "spool")) {
            assertThat(after.names()).containsExactly("urgent", "first", "second");
        }
    }

    @Test
    void a_mail_that_waits_goes_on_waiting_after_a_restart() throws Exception {
        try (OpenQueue before = OpenQueue.on(dataDir, "outgoing")) {
            before.queue().enQueue(OpenQueue.mail("soon", MESSAGE), Duration.ofSeconds(3));
            before.queue().enQueue(OpenQueue.mail("late", MESSAGE), Duration.ofHours(1));
        }
        try (OpenQueue after = OpenQueue.on(dataDir, "outgoing")) {
            assertThat(after.names()).containsExactly("soon", "late");
            assertThat(after.dequeueOne().getMail().getName()).isEqualTo("soon");
            assertThat(after.names()).containsExactly("late");
        }
    }

    @Test
    void a_mail_in_hand_is_given_again_after_a_restart_and_one_that_is_done_is_not() throws Exception {
        try (OpenQueue before = OpenQueue.on(dataDir, "spool")) {
            before.queue().enQueue(OpenQueue.mail("done", MESSAGE));
            before.queue().enQueue(OpenQueue.mail("in hand", MESSAGE));
            List<MailQueueItem> items = before.dequeue(2);
            items.get(0).done(CompletionStatus.SUCCESS);
            await().untilAsserted(() -> assertThat(before.queue().getSize()).isEqualTo(1));
        }
        try (OpenQueue after = OpenQueue.on(dataDir, "spool")) {
            assertThat(after.names()).containsExactly("in hand");
        }
    }

    @Test
    void what_the_spooler_rejects_is_kept_and_given_again() throws Exception {
        try (OpenQueue open = OpenQueue.on(dataDir, "spool")) {
            open.queue().enQueue(OpenQueue.mail("rejected", MESSAGE));
            open.dequeueOne().done(CompletionStatus.REJECT);
            MailQueueItem again = open.dequeueOne();
            assertThat(again.getMail().getName()).isEqualTo("rejected");
            assertThat(bytes(again.getMail())).isEqualTo(MESSAGE);
        }
    }

    @Test
    void no_mail_that_was_confirmed_is_lost_when_the_process_is_killed() throws Exception {
        List<String> confirmed = new ArrayList<>();
        for (int kill = 1; kill <= 3; kill++) {
            QueueProcess.Ended killed = QueueProcess.killedAfter(200 * kill, dataDir, "kill" + kill + "-");
            assertThat(killed.exitCode()).as("killed, not ended").isNotZero();
            confirmed.addAll(killed.lines().subList(0, killed.lines().size() - 1));
        }
        try (OpenQueue after = OpenQueue.on(dataDir, "spool")) {
            assertThat(confirmed).hasSizeGreaterThan(1000);
            assertThat(after.names()).doesNotHaveDuplicates().containsAll(confirmed);
        }
    }

    @Test
    void a_journal_whose_last_write_was_torn_is_read_up_to_there() throws Exception {
        Path torn = dataDir.resolve("torn");
        List<String> names = Stream.iterate(1, number -> number + 1)
                .limit(20)
                .map(number -> "mail" + number)
                .toList();
        try (OpenQueue before = OpenQueue.on(dataDir.resolve("intact"), "spool")) {
            for (String name : names) {
                before.queue().enQueue(OpenQueue.mail(name, MESSAGE));
            }
            copy(dataDir.resolve("intact"), torn);
        }
        assertThat(TruncatedJournal.find(dataDir.resolve("intact/queue/journal")))
                .isEmpty();
        Path file = tear(torn.resolve("queue/journal"));
        assertThat(TruncatedJournal.find(torn.resolve("queue/journal"))).hasValueSatisfying(cut -> {
            assertThat(cut.file()).isEqualTo(file);
            assertThat(cut.bytes()).isBetween(600L, 700L);
        });
        try (OpenQueue after = OpenQueue.on(torn, "spool")) {
            assertThat(after.names()).containsExactlyElementsOf(names);
            after.queue().enQueue(OpenQueue.mail("next", MESSAGE));
        }
        try (OpenQueue again = OpenQueue.on(torn, "spool")) {
            assertThat(again.names()).hasSize(21).endsWith("next");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 9, LENGTH, LENGTH + 2})
    void a_write_that_was_torn_before_it_says_its_length_is_told_too(int written) throws Exception {
        try (OpenQueue before = OpenQueue.on(dataDir, "spool")) {
            before.queue().enQueue(OpenQueue.mail("one", MESSAGE));
        }
        Path file = last(dataDir.resolve("queue/journal"));
        long end = end(file);
        byte[] torn = Arrays.copyOf(record(file, 1000), written);
        try (RandomAccessFile journal = new RandomAccessFile(file.toFile(), "rw")) {
            journal.seek(end);
            journal.write(torn);
        }
        assertThat(TruncatedJournal.find(file.getParent())).hasValueSatisfying(cut -> {
            assertThat(cut.file()).isEqualTo(file);
            assertThat(cut.at()).isEqualTo(end);
        });
    }

    @Test
    void older_bytes_behind_the_last_write_of_a_file_that_is_used_again_are_no_torn_write() throws Exception {
        try (OpenQueue before = OpenQueue.on(dataDir, "spool")) {
            before.queue().enQueue(OpenQueue.mail("one", MESSAGE));
        }
        Path file = last(dataDir.resolve("queue/journal"));
        byte[] older = record(file, 1000);
        older[NUMBER_OF_RECORD + Integer.BYTES - 1]--;
        try (RandomAccessFile journal = new RandomAccessFile(file.toFile(), "rw")) {
            journal.seek(end(file));
            journal.write(older);
        }
        assertThat(TruncatedJournal.find(file.getParent())).isEmpty();
    }

    @Test
    void the_journal_is_written_by_libaio_where_that_is_loaded_and_by_java_otherwise() throws Exception {
        String expected = LibaioContext.isLoaded() ? "ASYNCIO" : "NIO";
        try (EmbeddedBroker broker = EmbeddedBroker.start(dataDir, LONG_ENOUGH, new SimpleMeterRegistry());
                BrokerConnection connection = broker.connect(1).get(0);
                BrokerManagement management = new BrokerManagement(connection)) {
            assertThat(management.brokerAttribute("journalType")).isEqualTo(expected);
        }
    }

    @Test
    void an_interrupted_question_to_the_broker_leaves_no_answer_for_the_next_one() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(dataDir, LONG_ENOUGH, new SimpleMeterRegistry());
                BrokerConnection connection = broker.connect(1).get(0);
                BrokerManagement management = new BrokerManagement(connection)) {
            Thread.currentThread().interrupt();
            try {
                management.brokerAttribute("journalBufferSize");
            } catch (ActiveMQException interrupted) {
                // unless the answer was there before the wait
            }
            Thread.interrupted();

            assertThat(management.queues()).isEmpty();
        }
    }

    @Test
    void a_second_relay_on_the_same_directory_is_refused_and_says_why() throws Exception {
        try (OpenQueue first = OpenQueue.on(dataDir, "spool")) {
            assertThatThrownBy(() -> EmbeddedBroker.start(dataDir, LONG_ENOUGH, new SimpleMeterRegistry()))
                    .isInstanceOf(InvalidSettingsException.class)
                    .hasMessageContaining("DATA_DIR is '" + dataDir + "'; another relaypod is running on it");
            first.queue().enQueue(OpenQueue.mail("one", MESSAGE));
            assertThat(first.names()).containsExactly("one");
        }
        try (OpenQueue second = OpenQueue.on(dataDir, "spool")) {
            assertThat(second.names()).containsExactly("one");
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void what_cannot_be_read_is_set_aside_and_does_not_stop_the_others_and_is_tried_again_at_the_next_start()
            throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(dataDir, LONG_ENOUGH, new SimpleMeterRegistry());
        try (OpenQueue open = OpenQueue.on(broker, "spool")) {
            send(broker, "relaypod.ready.spool", "broken", message -> message.putStringProperty("envelope", "no JSON"));
            Set<String> given = ConcurrentHashMap.newKeySet();
            Disposable reader = Flux.from(open.queue().deQueue()).subscribe(item -> {
                given.add(item.getMail().getName());
                done(item);
            });
            open.queue().enQueue(OpenQueue.mail("other", MESSAGE));
            await().atMost(LONG_ENOUGH).until(() -> given.contains("other"));
            ArtemisMailQueue aside = open.queues().createQueue(MailQueueName.of("unreadable-spool"));
            await().atMost(LONG_ENOUGH.multipliedBy(4)).until(() -> aside.getSize() == 1);
            assertThat(open.queue().getSize()).isZero();
            assertThat(aside.browse().next().getMail().getName()).isEqualTo("broken");
            reader.dispose();
        }
        try (OpenQueue again = OpenQueue.on(dataDir, "spool")) {
            again.queue().enQueue(OpenQueue.mail("next", MESSAGE));
            assertThat(again.dequeueOne().getMail().getName()).isEqualTo("next");
            assertThat(again.queues()
                            .createQueue(MailQueueName.of("unreadable-spool"))
                            .getSize())
                    .isZero();
            assertThat(again.queue().getSize())
                    .as("the one, and the one in hand")
                    .isEqualTo(2);
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void a_mail_that_waits_and_cannot_be_read_does_not_stop_the_others_and_is_set_aside() throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(dataDir, LONG_ENOUGH, new SimpleMeterRegistry());
        try (OpenQueue open = OpenQueue.on(broker, "outgoing")) {
            open.queue().enQueue(OpenQueue.mail("before", MESSAGE), Duration.ofSeconds(3));
            send(
                    broker,
                    "relaypod.wait.3000.outgoing",
                    "broken",
                    message -> message.putBytesProperty("sender", new byte[] {1}));
            open.queue().enQueue(OpenQueue.mail("behind", MESSAGE), Duration.ofSeconds(3));
            Set<String> given = ConcurrentHashMap.newKeySet();
            Disposable reader = Flux.from(open.queue().deQueue()).subscribe(item -> {
                given.add(item.getMail().getName());
                done(item);
            });
            await().atMost(LONG_ENOUGH.multipliedBy(2)).until(() -> given.containsAll(Set.of("before", "behind")));
            ArtemisMailQueue aside = open.queues().createQueue(MailQueueName.of("unreadable-outgoing"));
            await().atMost(LONG_ENOUGH.multipliedBy(4)).until(() -> aside.getSize() == 1);
            reader.dispose();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Execution(ExecutionMode.CONCURRENT)
    void a_large_mail_whose_file_is_damaged_is_set_aside_and_holds_up_the_others_for_seconds(boolean isGone)
            throws Exception {
        try (OpenQueue before = OpenQueue.on(dataDir, "outgoing")) {
            before.queue().enQueue(OpenQueue.mail("damaged", LARGE), Duration.ofSeconds(2));
            before.queue().enQueue(OpenQueue.mail("behind", LARGE), Duration.ofSeconds(2));
        }
        damage(dataDir.resolve("queue/large"), isGone);
        try (OpenQueue open = OpenQueue.on(dataDir, "outgoing")) {
            Set<String> given = ConcurrentHashMap.newKeySet();
            Disposable reader = Flux.from(open.queue().deQueue()).subscribe(item -> {
                given.add(item.getMail().getName());
                done(item);
            });
            await().atMost(LONG_ENOUGH).until(() -> given.contains("behind"));
            ArtemisMailQueue aside = open.queues().createQueue(MailQueueName.of("unreadable-outgoing"));
            await().atMost(LONG_ENOUGH.multipliedBy(6)).until(() -> aside.getSize() == 1);
            assertThat(given).doesNotContain("damaged");
            reader.dispose();
        }
    }

    /** The first of two. */
    private static void damage(Path files, boolean isGone) throws IOException {
        try (Stream<Path> large = Files.list(files)) {
            Path first = large.filter(file -> file.toString().endsWith(".msg"))
                    .min(Comparator.naturalOrder())
                    .orElseThrow();
            if (isGone) {
                Files.delete(first);
            } else {
                try (FileChannel file = FileChannel.open(first, StandardOpenOption.WRITE)) {
                    file.truncate(file.size() / 2);
                }
            }
        }
    }

    @Test
    void a_mail_that_cannot_be_put_back_is_given_again() throws Exception {
        try (OpenQueue open = OpenQueue.on(dataDir, "spool")) {
            open.queue().enQueue(OpenQueue.mail("one", LARGE));
            MailQueueItem item = open.dequeueOne();
            LifecycleUtil.dispose(item.getMail().getMessage());
            assertThatThrownBy(() -> item.done(CompletionStatus.RETRY))
                    .isInstanceOf(MailQueue.MailQueueException.class);

            assertThat(open.dequeueOne().getMail().getName()).isEqualTo("one");
        }
    }

    @Test
    void whoever_is_interrupted_is_told_that_the_mail_was_stored() throws Exception {
        DurableProducer producer = mock(DurableProducer.class);
        when(producer.send(any(), anyBoolean(), any())).then(sent -> {
            Thread.currentThread().interrupt();
            return new CompletableFuture<Void>().completeOnTimeout(null, 200, TimeUnit.MILLISECONDS);
        });
        BrokerConnections connections = mock(BrokerConnections.class);
        when(connections.producer()).thenReturn(producer);
        BrokerLink link = mock(BrokerLink.class);
        when(link.connections()).thenReturn(connections);

        queue(link, mock(Broker.class), Runnable::run).enQueue(OpenQueue.mail("one", MESSAGE));

        assertThat(Thread.interrupted()).isTrue();
    }

    private static ArtemisMailQueue queue(BrokerLink link, Broker broker, Executor threads) {
        return new ArtemisMailQueue(
                MailQueueName.of("spool"),
                new QueueResources(
                        broker,
                        link,
                        threads,
                        MemoryBudget.ofThisProcess(),
                        InFlightMails.unmarked(),
                        mail -> {},
                        Duration.ofSeconds(5)),
                new VerbatimMailQueueItems(),
                SenderRateLimiter.unlimited(),
                Clock.systemUTC(),
                new RecordingMetricFactory(),
                new NoopGaugeRegistry());
    }

    @Test
    void a_large_mail_that_is_stored_too_late_leaves_no_temporary_file() throws Exception {
        long length = 345_678;
        long before = temporaryFiles(length);
        BlockingQueue<Runnable> held = new LinkedBlockingQueue<>();
        try (EmbeddedBroker broker = EmbeddedBroker.start(dataDir, Duration.ofSeconds(1), new SimpleMeterRegistry());
                BrokerLink link = new BrokerLink(broker, new ServerThreads())) {
            link.open();
            ArtemisMailQueue queue = queue(link, broker, held::add);
            FakeMail mail = OpenQueue.mail("one", "Subject: test\r\n\r\n" + "x".repeat((int) length - 17));
            assertThatThrownBy(() -> Mono.from(queue.enqueueReactive(mail)).block())
                    .hasMessageContaining("could not be stored");
            assertThat(temporaryFiles(length)).isEqualTo(before + 1);
            held.take().run();

            await().atMost(LONG_ENOUGH).until(() -> queue.getSize() == 1);
            await().atMost(LONG_ENOUGH).until(() -> temporaryFiles(length) == before);
        }
    }

    private static long temporaryFiles(long length) throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith(TemporaryFileName.of("mail-"))
                            && file.toFile().length() == length)
                    .count();
        }
    }

    private static void send(EmbeddedBroker broker, String queue, String name, Consumer<ClientMessage> damage)
            throws Exception {
        try (BrokerConnection connection = broker.connect(1).get(0);
                ClientSession session = connection.session();
                ClientProducer producer = session.createProducer(queue)) {
            ClientMessage message = session.createMessage(true);
            message.putStringProperty("name", name);
            message.putStringProperty("sender", "");
            message.putStringProperty("recipients", "");
            message.putStringProperty("envelope", "{}");
            damage.accept(message);
            producer.send(message);
        }
    }

    private static void done(MailQueueItem item) {
        try {
            item.done(CompletionStatus.SUCCESS);
        } catch (MailQueue.MailQueueException failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Test
    void a_full_disk_refuses_new_mail_at_once_and_lets_out_what_is_there() throws Exception {
        Path unlimited = dataDir.resolve("queue");
        EmbeddedBroker broker = EmbeddedBroker.start(dataDir, LONG_ENOUGH, Long.MAX_VALUE, new SimpleMeterRegistry());
        try (OpenQueue open = OpenQueue.on(broker, "spool")) {
            assertThatThrownBy(broker::checkStorage)
                    .isInstanceOf(InsufficientStorageException.class)
                    .hasMessageContaining(unlimited.toString());
            open.queue().enQueue(OpenQueue.mail("split from one that was taken", MESSAGE));
            assertThat(open.names()).containsExactly("split from one that was taken");
            ArtemisMailQueue outgoing = open.queues().createQueue(MailQueueName.of("outgoing"));
            outgoing.enQueue(OpenQueue.mail("on its way", MESSAGE));
            assertThat(outgoing.getSize()).isEqualTo(1);
        }
    }

    @Test
    void mail_is_taken_again_when_there_is_room_again() throws Exception {
        AtomicLong free = new AtomicLong(99);
        FreeSpace space = new FreeSpace(dataDir, free::get, 100);
        assertThatThrownBy(space::check).isInstanceOf(InsufficientStorageException.class);
        free.set(100);
        await().atMost(LONG_ENOUGH).ignoreExceptions().untilAsserted(space::check);
    }

    @Test
    void a_large_mail_needs_little_memory() throws Exception {
        QueueProcess.Ended ended = QueueProcess.ran("48m", dataDir, 3, Duration.ZERO, 25 << 20);
        assertThat(ended.exitCode()).isZero();
        try (OpenQueue open = OpenQueue.on(dataDir, "spool")) {
            MailQueueItem item = open.dequeueOne();
            assertThat(item.getMail().getMessageSize()).isEqualTo((25 << 20) + 17);
            item.done(CompletionStatus.RETRY);
            assertThat(open.dequeue(3))
                    .allSatisfy(
                            mail -> assertThat(mail.getMail().getMessageSize()).isEqualTo((25 << 20) + 17));
        }
    }

    @Test
    void thousands_of_waiting_mails_need_no_more_memory_than_a_few() throws Exception {
        int mails = 10_000;
        QueueProcess.Ended ended = QueueProcess.ran("40m", dataDir, mails, Duration.ofHours(1), 4000);
        assertThat(ended.exitCode()).isZero();
        try (OpenQueue open = OpenQueue.on(dataDir, "spool")) {
            assertThat(open.queue().getSize()).isEqualTo(mails);
            assertThat(open.queue().remove(Type.Name, "mail9999")).isEqualTo(1);
            assertThat(open.names()).hasSize(mails - 1).doesNotContain("mail9999");
            assertThat(open.queue().flush()).isEqualTo(mails - 1);
            assertThat(Flux.from(open.queue().deQueue())
                            .doOnNext(DurabilityTest::done)
                            .take(1000)
                            .collectList()
                            .block(LONG_ENOUGH))
                    .hasSize(1000);
        }
    }

    private static String bytes(Mail mail) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        mail.getMessage().writeTo(out);
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    /** Behind the last record, half of one more. */
    private static Path tear(Path journal) throws IOException {
        Path last = last(journal);
        try (RandomAccessFile file = new RandomAccessFile(last.toFile(), "rw")) {
            byte[] record = record(last, 1400);
            file.seek(end(last));
            file.write(record, 0, record.length / 2);
        }
        return last;
    }

    private static Path last(Path journal) throws IOException {
        try (Stream<Path> files = Files.list(journal)) {
            return files.filter(file -> file.toString().endsWith(".amq"))
                    .max(Comparator.comparingLong(DurabilityTest::end))
                    .orElseThrow();
        }
    }

    /** As it would be next in that file. */
    private static byte[] record(Path file, int length) throws IOException {
        byte[] record = new byte[length];
        new Random(6).nextBytes(record);
        try (RandomAccessFile journal = new RandomAccessFile(file.toFile(), "r")) {
            journal.seek(NUMBER);
            ByteBuffer.wrap(record).put(ADD_RECORD).putInt(journal.readInt()).putInt(LENGTH, length);
        }
        return record;
    }

    private static long end(Path file) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            int end = bytes.length;
            while (end > 0 && bytes[end - 1] == 0) {
                end--;
            }
            return end;
        } catch (IOException unreadable) {
            throw new IllegalStateException(unreadable);
        }
    }
}
