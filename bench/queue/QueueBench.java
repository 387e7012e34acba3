import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import javax.mail.Session;
import javax.mail.internet.MimeMessage;

import org.apache.james.core.MailAddress;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.queue.api.MailQueue.MailQueueItem.CompletionStatus;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.api.ManageableMailQueue.MailQueueIterator;
import org.apache.james.queue.api.ManageableMailQueue.Type;
import org.apache.james.server.core.MailImpl;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.gateway.VerbatimMailQueueItems;
import io.relaypod.lab.broker.ArtemisProcess;
import io.relaypod.throttle.SenderRateLimiter;
import io.relaypod.server.metrics.MicrometerMetricFactory;
import io.relaypod.server.queue.ArtemisMailQueue;
import io.relaypod.server.queue.ArtemisMailQueueFactory;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.EmbeddedBroker;
import io.relaypod.server.queue.broker.RemoteBroker;
import io.relaypod.server.settings.Settings;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Measures the time and the memory to list and change a queue of many waiting messages: with the embedded broker, and with a remote one.
 * docs/design/performance.md
 *
 * <pre>
 * ./mvnw -q -B -DskipTests package
 * java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx64m -XX:MaxDirectMemorySize=24m -cp 'lab/target/classes:lab/target/lib/*' \
 *     bench/queue/QueueBench.java embedded 100000
 * </pre>
 */
public final class QueueBench {

    private static final int SENDERS = 1000;
    private static final int DELAYS = 7;
    private static final String BODY = "Subject: bench\r\n\r\n" + ("x".repeat(70) + "\r\n").repeat(27);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int WORKERS = 8;

    private QueueBench() {
    }

    private interface Step {

        long run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        boolean isRemote = arguments.length > 0 && arguments[0].equals("remote");
        int mails = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 100_000;
        Path directory = Files.createTempDirectory(Path.of("/var/tmp"), "bench-queue");
        try {
            if (isRemote) {
                try (ArtemisProcess process = ArtemisProcess.start(directory); Broker broker = remote(process)) {
                    run(broker, mails);
                }
            } else {
                try (Broker broker = EmbeddedBroker.start(directory, PATIENCE, new SimpleMeterRegistry())) {
                    run(broker, mails);
                }
            }
        } finally {
            delete(directory);
        }
        // Threads of closed connections may still run.
        System.exit(0);
    }

    private static Broker remote(ArtemisProcess process) throws IOException {
        Settings settings = Settings.from(Map.of("LISTEN_ADDR", "127.0.0.1:0", "JAMES_CONF", "james-conf", "DATA_DIR", "/var/tmp/no-data",
            "QUEUE_URL", process.url(), "QUEUE_USER", process.user(), "QUEUE_PASSWORD_FILE", process.passwordFile().toString()));
        return new RemoteBroker(settings.queue().remote().orElseThrow(), PATIENCE);
    }

    private static void run(Broker broker, int mails) throws Exception {
        try (ArtemisMailQueueFactory queues = new ArtemisMailQueueFactory(broker, new VerbatimMailQueueItems(), SenderRateLimiter.unlimited(), Clock.systemUTC(),
                new MicrometerMetricFactory(new SimpleMeterRegistry()), new NoopGaugeRegistry())) {
            queues.open();
            ArtemisMailQueue queue = queues.createQueue(MailQueueName.of("outgoing"));
            System.out.printf("| %,d mails | | seconds | heap MiB afterwards | resident MiB |%n| --- | --- | --- | --- | --- |%n", mails);
            measure("put in, with " + DELAYS + " delays", () -> fill(queue, mails));
            measure("size", queue::getSize);
            measure("list 100", () -> list(queue, 100));
            measure("list all", () -> list(queue, Integer.MAX_VALUE));
            measure("remove by name", () -> queue.remove(Type.Name, "mail-" + mails / 2));
            measure("remove by sender", () -> queue.remove(Type.Sender, "sender7@example.com"));
            measure("remove by recipient", () -> queue.remove(Type.Recipient, "recipient" + mails / 3 + "@example.org"));
            measure("flush", queue::flush);
            measure("the first 1,000 arrive", () -> take(queue, 1000));
            measure("the next " + mails / 4 + " arrive", () -> take(queue, mails / 4));
            measure("clear", queue::clear);
            measure("size", queue::getSize);
        }
    }

    private static void measure(String what, Step step) throws Exception {
        long begin = System.nanoTime();
        long result = step.run();
        double seconds = (System.nanoTime() - begin) / 1e9;
        System.gc();
        System.out.printf("| %s | %,d | %.2f | %d | %d |%n", what, result, seconds,
            ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20, resident());
    }

    private static long fill(ArtemisMailQueue queue, int mails) throws Exception {
        AtomicInteger next = new AtomicInteger();
        Flux.range(0, 4 * WORKERS).flatMap(worker -> Mono.fromRunnable(() -> {
            for (int mail = next.getAndIncrement(); mail < mails; mail = next.getAndIncrement()) {
                enqueue(queue, mail);
            }
        }).subscribeOn(Schedulers.boundedElastic()), 4 * WORKERS).blockLast();
        return mails;
    }

    private static void enqueue(ArtemisMailQueue queue, int number) {
        try {
            MailImpl mail = MailImpl.builder().name("mail-" + number).sender("sender" + number % SENDERS + "@example.com")
                .addRecipient(new MailAddress("recipient" + number + "@example.org"))
                .mimeMessage(new MimeMessage(Session.getInstance(new Properties()), new ByteArrayInputStream(BODY.getBytes(StandardCharsets.US_ASCII))))
                .build();
            queue.enQueue(mail, Duration.ofHours(1 + number % DELAYS));
            LifecycleUtil.dispose(mail);
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static long list(ArtemisMailQueue queue, int most) throws Exception {
        long listed = 0;
        MailQueueIterator views = queue.browse();
        while (listed < most && views.hasNext()) {
            views.next();
            listed++;
        }
        views.close();
        return listed;
    }

    /** Takes messages from the queue as the delivery does. */
    private static long take(ArtemisMailQueue queue, int mails) throws Exception {
        CountDownLatch left = new CountDownLatch(mails);
        Disposable delivery = Flux.from(queue.deQueue())
            .flatMap(item -> Mono.fromCallable(() -> {
                item.done(CompletionStatus.SUCCESS);
                LifecycleUtil.dispose(item.getMail());
                left.countDown();
                return item;
            }).subscribeOn(Schedulers.boundedElastic()), WORKERS)
            .subscribe();
        left.await();
        delivery.dispose();
        return mails;
    }

    private static long resident() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElse(0) >> 10;
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                Files.delete(file);
            }
        }
    }
}
