package io.relaypod.server.queue;

import static io.relaypod.server.queue.OpenQueue.LONG_ENOUGH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MILLISECOND;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.server.queue.broker.EmbeddedBroker;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueue.MailQueueItem.CompletionStatus;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A disk that takes no more in the middle of the journal's writing, and does again later. Needs root, to mount one of a
 * few megabytes.
 */
class FailingDiskTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final String MESSAGE = "Subject: test\r\n\r\n" + "x".repeat(50_000) + "\r\n";

    @TempDir
    private Path disk;

    @BeforeEach
    void mount() throws Exception {
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=60m", "none", disk.toString()),
                "no file system can be mounted here");
    }

    @AfterEach
    void unmount() throws Exception {
        run("umount", "-l", disk.toString());
    }

    @Test
    void nobodyIsBlockedAndNothingIsLostAndAllGoesOnWhenThereIsRoomAgain() throws Exception {
        List<String> stored = new ArrayList<>();
        // No reserve: the journal is to find the disk full by itself.
        try (OpenQueue open =
                OpenQueue.on(EmbeddedBroker.start(disk, TIMEOUT, 0, new SimpleMeterRegistry()), "spool")) {
            stored.add(enqueue(open, "first"));
            Path filler = fill();
            boolean failed = false;
            for (int mail = 0; !failed; mail++) {
                Instant begin = Instant.now();
                try {
                    stored.add(enqueue(open, "mail" + mail));
                } catch (RuntimeException refused) {
                    failed = true;
                }
                assertThat(Duration.between(begin, Instant.now())).isLessThan(TIMEOUT.plus(LONG_ENOUGH.dividedBy(4)));
                assertThat(mail).as("the disk is full at last").isLessThan(10_000);
            }
            Files.delete(filler);
            awaitQueue().atMost(LONG_ENOUGH).until(() -> open.queues().isConnected());
            awaitQueue().atMost(LONG_ENOUGH).ignoreExceptions().until(() -> stored.add(enqueue(open, "last")));

            Set<String> given = new HashSet<>();
            Disposable reader = Flux.from(open.queue().deQueue()).subscribe(item -> given.add(done(item)));
            awaitQueue()
                    .atMost(LONG_ENOUGH)
                    .untilAsserted(() -> assertThat(given).containsAll(stored));
            reader.dispose();
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void whoReadsTheQueueGoesOnReadingIt() throws Exception {
        try (OpenQueue open =
                OpenQueue.on(EmbeddedBroker.start(disk, TIMEOUT, 0, new SimpleMeterRegistry()), "spool")) {
            Set<String> given = new HashSet<>();
            Disposable reader = Flux.from(open.queue().deQueue()).subscribe(item -> given.add(done(item)));
            enqueue(open, "before");
            awaitQueue()
                    .atMost(LONG_ENOUGH)
                    .untilAsserted(() -> assertThat(given).contains("before"));
            Path filler = fill();
            awaitQueue()
                    .pollInterval(ONE_MILLISECOND)
                    .atMost(LONG_ENOUGH.multipliedBy(3))
                    .until(() -> {
                        try {
                            enqueue(open, "meanwhile");
                            return false;
                        } catch (RuntimeException refused) {
                            return true;
                        }
                    });
            Files.delete(filler);
            awaitQueue().atMost(LONG_ENOUGH).ignoreExceptions().until(() -> enqueue(open, "after") != null);
            awaitQueue()
                    .atMost(LONG_ENOUGH)
                    .untilAsserted(() -> assertThat(given).contains("after"));
            reader.dispose();
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void aStartThatFailsIsTriedAgain() throws Exception {
        try (OpenQueue open =
                OpenQueue.on(EmbeddedBroker.start(disk, TIMEOUT, 0, new SimpleMeterRegistry()), "spool")) {
            enqueue(open, "first");
            Path filler = fill();
            awaitQueue()
                    .pollInterval(ONE_MILLISECOND)
                    .atMost(LONG_ENOUGH.multipliedBy(3))
                    .until(() -> {
                        try {
                            enqueue(open, "meanwhile");
                            return false;
                        } catch (RuntimeException refused) {
                            return !open.queues().isConnected();
                        }
                    });
            Path bindings = disk.resolve("queue/bindings");
            Path away = disk.resolve("queue/bindings-away");
            Files.move(bindings, away);
            Files.createFile(bindings);
            Files.delete(filler);
            assertThatThrownBy(() -> open.broker().connect(1)).hasMessageContaining("the broker did not start");
            Files.delete(bindings);
            Files.move(away, bindings);

            awaitQueue()
                    .atMost(LONG_ENOUGH.multipliedBy(2))
                    .ignoreExceptions()
                    .until(() -> enqueue(open, "after") != null);
            assertThat(open.names()).contains("first", "after");
        }
    }

    private static String enqueue(OpenQueue open, String name) throws Exception {
        Mono.from(open.queue().enqueueReactive(OpenQueue.mail(name, MESSAGE))).block();
        return name;
    }

    private static String done(MailQueueItem item) {
        try {
            item.done(CompletionStatus.SUCCESS);
            return item.getMail().getName();
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    private Path fill() throws IOException {
        Path filler = disk.resolve("filler");
        byte[] bytes = new byte[64 << 10];
        try (var out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(bytes);
            }
        } catch (IOException full) {
            return filler;
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).start();
        return process.waitFor(1, TimeUnit.MINUTES) && process.exitValue() == 0;
    }

    // Threads of Artemis fail while the disk does.
    private static ConditionFactory awaitQueue() {
        return await().dontCatchUncaughtExceptions();
    }
}
