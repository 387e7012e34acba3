package io.relaypod.server.james;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.mail.MessagingException;

import io.relaypod.events.MailEvent;
import io.relaypod.gateway.VerbatimMessage;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import org.apache.james.mailetcontainer.api.MailProcessor;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageInputStreamSource;
import org.apache.mailet.Mail;
import org.junit.jupiter.api.Test;

class BudgetedMailProcessorTest {

    private static final String HEADER = "From: a@x.com\r\n" + "a:b\r\n".repeat(1_200);

    private final MemoryBudget budget = new MemoryBudget(1100 * 1024);
    private final List<MailEvent> events = new CopyOnWriteArrayList<>();

    private BudgetedMailProcessor before(MailProcessor processors) {
        return new BudgetedMailProcessor(processors, budget, events::add);
    }

    @Test
    void aMailHoldsItsMemoryWhileItIsProcessedAndNoLonger() throws Exception {
        long[] held = new long[2];
        before(mail -> held[0] = budget.reserved(MemoryUse.MESSAGES)).service(mail("From: a@x.com\r\n\r\nx\r\n"));
        before(mail -> held[1] = budget.reserved(MemoryUse.MESSAGES)).service(mail(HEADER + "\r\nx\r\n"));

        assertThat(held[0]).isBetween(64L * 1024, 80L * 1024);
        assertThat(held[1]).isBetween(1_200L * 320, budget.limit(MemoryUse.MESSAGES));
        assertThat(budget.reserved()).isZero();
    }

    @Test
    void memoryIsFreeAgainAfterAFailure() throws Exception {
        BudgetedMailProcessor failing = before(mail -> {
            throw new IllegalStateException("broken mailet");
        });

        assertThat(CompletableFuture.runAsync(() -> service(failing, mail(HEADER)))
                        .handle((done, failure) -> failure)
                        .get(10, TimeUnit.SECONDS))
                .isNotNull();
        assertThat(budget.reserved()).isZero();
    }

    @Test
    void aMailetThatRunsOutOfStackOrHasNoClassFailsItsMailAndNotTheSpooler() {
        for (Error broken : List.of(new StackOverflowError(), new NoClassDefFoundError("x/Missing"))) {
            BudgetedMailProcessor failing = before(mail -> {
                throw broken;
            });

            assertThatThrownBy(() -> failing.service(mail("m", "From: a@x.com\r\n\r\nx\r\n")))
                    .isInstanceOf(MessagingException.class)
                    .hasMessageContaining(broken.getClass().getSimpleName());
            assertThat(budget.reserved()).isZero();
        }
    }

    @Test
    void aMailWaitsUntilAnotherHasGivenItsMemoryBack() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        List<String> processed = new CopyOnWriteArrayList<>();
        BudgetedMailProcessor processor = before(mail -> {
            processed.add(mail.getName());
            if (mail.getName().equals("large-1")) {
                await().atMost(10, TimeUnit.SECONDS).until(() -> first.getCount() == 0);
            }
        });
        CompletableFuture<Void> one = CompletableFuture.runAsync(() -> service(processor, mail("large-1", HEADER)));
        await().atMost(10, TimeUnit.SECONDS).until(() -> processed.contains("large-1"));
        CompletableFuture<Void> two = CompletableFuture.runAsync(() -> service(processor, mail("large-2", HEADER)));
        processor.service(mail("small", "From: a@x.com\r\n\r\nx\r\n"));

        assertThat(processed).containsExactly("large-1", "small");
        first.countDown();
        CompletableFuture.allOf(one, two).get(10, TimeUnit.SECONDS);
        assertThat(processed).containsExactly("large-1", "small", "large-2");
    }

    @Test
    void aMailThatTakesMoreThanThereIsGoesToTheErrorProcessorUnopened() throws Exception {
        List<String> states = new CopyOnWriteArrayList<>();
        before(mail -> states.add(mail.getState() + " " + budget.reserved()))
                .service(mail("From: a@x.com\r\n" + "a:b\r\n".repeat(50_000)));

        assertThat(states).containsExactly(Mail.ERROR + " 0");
        assertThat(events)
                .singleElement()
                .asString()
                .contains("would take", "bytes of memory to read; at most " + budget.limit(MemoryUse.MESSAGES));
    }

    private static void service(MailProcessor processor, Mail mail) {
        try {
            processor.service(mail);
        } catch (MessagingException failed) {
            throw new IllegalStateException(failed);
        }
    }

    private static MailImpl mail(String text) {
        return mail("m", text);
    }

    private static MailImpl mail(String name, String text) {
        try {
            MailImpl mail =
                    MailImpl.builder().name(name).addRecipient("b@x.com").build();
            mail.setMessageNoCopy(new VerbatimMessage(MimeMessageInputStreamSource.create(
                    name, new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)))));
            return mail;
        } catch (Exception notMade) {
            throw new IllegalStateException(notMade);
        }
    }
}
