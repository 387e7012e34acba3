package io.relaypod.server.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.relaypod.server.queue.stored.MailBody;
import io.relaypod.server.queue.stored.RemovedMail;
import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueue.MailQueueItem.CompletionStatus;
import org.apache.james.queue.api.ManageableMailQueue.Type;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever removes mails is told which. */
class RemovedMailsTest {

    private static final String MESSAGE = "Subject: test\r\n\r\nHello\r\n";
    private static final String LARGE = "Subject: test\r\n\r\n" + "x".repeat(2 * MailBody.LARGE) + "\r\n";
    // More than memory holds of a queue.
    private static final String SOME_KILOBYTES = "Subject: test\r\n\r\n" + "x".repeat(50_000) + "\r\n";

    @TempDir
    private Path dataDir;

    private OpenQueue open;
    private final List<RemovedMail> removed = new ArrayList<>();

    @BeforeEach
    void open() {
        open = OpenQueue.on(dataDir, "outgoing");
    }

    @AfterEach
    void close() {
        open.close();
    }

    @Test
    void eachIsNamedWithItsAddressesWhereverItWaits() throws Exception {
        open.queue().enQueue(OpenQueue.mail("ready", MESSAGE));
        open.queue().enQueue(OpenQueue.mail("soon", MESSAGE), Duration.ofMinutes(1));
        open.queue().enQueue(OpenQueue.mail("late", LARGE), Duration.ofHours(1));

        assertThat(open.queue().clear(removed::add)).isEqualTo(3);

        assertThat(removed).extracting(RemovedMail::queueId).containsExactlyInAnyOrder("ready", "soon", "late");
        assertThat(removed).allSatisfy(mail -> {
            assertThat(mail.sender()).isEqualTo("sender@example.com");
            assertThat(mail.recipients()).containsExactly("recipient@example.com");
        });
        assertThat(open.names()).isEmpty();
    }

    @Test
    void onlyThoseThatWereMeantAreNamedAndGo() throws Exception {
        for (String name : List.of("one", "it's", "three")) {
            open.queue().enQueue(OpenQueue.mail(name, MESSAGE), Duration.ofMinutes(1));
        }

        assertThat(open.queue().remove(Type.Name, "it's", removed::add)).isEqualTo(1);
        assertThat(open.queue().remove(Type.Sender, "somebody@example.com", removed::add))
                .isZero();
        assertThat(open.queue().remove(Type.Recipient, "%", removed::add)).isZero();

        assertThat(removed).extracting(RemovedMail::queueId).containsExactly("it's");
        assertThat(open.names()).containsExactly("one", "three");
    }

    @Test
    void whatIsInHandIsNeitherRemovedNorNamed() throws Exception {
        open.queue().enQueue(OpenQueue.mail("in-hand", MESSAGE));
        MailQueueItem inFlight = open.dequeueOne();
        open.queue().enQueue(OpenQueue.mail("other", MESSAGE), Duration.ofMinutes(1));

        assertThat(open.queue().clear(removed::add)).isEqualTo(1);

        assertThat(removed).extracting(RemovedMail::queueId).containsExactly("other");
        inFlight.done(CompletionStatus.RETRY);
        assertThat(open.dequeueOne().getMail().getName()).isEqualTo("in-hand");
    }

    @Test
    void ofMoreThanMemoryHoldsAllAreNamedAndTheMailBetweenThemIsFound() throws Exception {
        List<String> names =
                IntStream.range(0, 300).mapToObj(number -> "mail-" + number).toList();
        for (String name : names) {
            open.queue().enQueue(OpenQueue.mail(name, SOME_KILOBYTES), Duration.ofHours(1));
        }

        assertThat(open.queue().remove(Type.Name, "mail-290", removed::add)).isEqualTo(1);
        assertThat(open.queue().clear(removed::add)).isEqualTo(299);

        assertThat(removed).extracting(RemovedMail::queueId).containsExactlyInAnyOrderElementsOf(names);
    }
}
