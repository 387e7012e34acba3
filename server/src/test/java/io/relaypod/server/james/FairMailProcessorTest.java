package io.relaypod.server.james;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.mail.MessagingException;

import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Mail;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FairMailProcessorTest {

    private static final int THREADS = 30;

    private final ExecutorService spooler = Executors.newFixedThreadPool(THREADS);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final AtomicInteger inProcessors = new AtomicInteger();
    private final FairMailProcessor processor = new FairMailProcessor(mail -> {
        inProcessors.incrementAndGet();
        if (mail.getMaybeSender().asString("").startsWith("many")) {
            waitFor(goOn);
        }
    });

    @AfterEach
    void stop() {
        goOn.countDown();
        spooler.shutdownNow();
    }

    @Test
    void manyMailsOfOneSenderLeaveThreadsToAnother() throws Exception {
        List<CompletableFuture<Void>> many = new ArrayList<>();
        for (int mail = 0; mail < 24; mail++) {
            many.add(service("many@example.com"));
        }
        await().until(() -> inProcessors.get() == FairMailProcessor.OF_ONE_SENDER);
        service("other@example.com").get(10, TimeUnit.SECONDS);
        assertThat(inProcessors).hasValue(FairMailProcessor.OF_ONE_SENDER + 1);

        goOn.countDown();

        for (CompletableFuture<Void> mail : many) {
            mail.get(10, TimeUnit.SECONDS);
        }
        assertThat(inProcessors).hasValue(25);
    }

    @Test
    void aMailThatFailsGivesItsPlaceBack() throws Exception {
        FairMailProcessor failing = new FairMailProcessor(mail -> {
            throw new MessagingException("broken mailet");
        });
        for (int mail = 0; mail < 2 * FairMailProcessor.OF_ONE_SENDER; mail++) {
            assertThat(CompletableFuture.runAsync(() -> service(failing, "a@example.com"), spooler)
                            .handle((done, failure) -> failure)
                            .get(10, TimeUnit.SECONDS))
                    .isNotNull();
        }
    }

    private CompletableFuture<Void> service(String sender) {
        return CompletableFuture.runAsync(() -> service(processor, sender), spooler);
    }

    private static void service(FairMailProcessor processor, String sender) {
        try {
            Mail mail = MailImpl.builder()
                    .name("mail")
                    .sender(sender)
                    .addRecipient("b@example.com")
                    .build();
            processor.service(mail);
        } catch (MessagingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
