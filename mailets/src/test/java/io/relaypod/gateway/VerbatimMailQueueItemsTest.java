package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import org.apache.james.queue.api.MailQueue.MailQueueItem;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.memory.MemoryMailQueueFactory;
import org.apache.james.queue.memory.MemoryMailQueueFactory.MemoryCacheableMailQueue;
import org.apache.james.server.core.MailImpl;
import org.apache.james.transport.mailets.RemoveMimeHeader;
import org.apache.mailet.Mail;
import org.apache.mailet.base.test.FakeMailetConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VerbatimMailQueueItemsTest {

    private static final String BCC = "Bcc: hidden@example.com,\r\n other@example.com\r\n";

    private final MemoryCacheableMailQueue queue =
            new MemoryMailQueueFactory(new VerbatimMailQueueItems()).createQueue(MailQueueName.of("spool"));

    @AfterEach
    void close() {
        queue.close();
    }

    static Stream<Named<byte[]>> messages() {
        return Stream.concat(Messages.awkward(), Messages.with8BitHeaders());
    }

    @ParameterizedTest
    @MethodSource("messages")
    void whatComesOutOfAQueueIsWhatWentIn(byte[] message) throws Exception {
        Mail mail = throughTheQueue(message);

        assertThat(Messages.text(Messages.written(mail.getMessage()))).isEqualTo(Messages.text(message));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void removingAHeaderChangesNothingElse(byte[] message) throws Exception {
        Mail mail = throughTheQueue(concat(Messages.bytes(BCC), message));

        removeBcc(mail);

        assertThat(Messages.text(Messages.written(mail.getMessage()))).isEqualTo(Messages.text(message));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void whatWasChangedGoesThroughTheNextQueueUnchanged(byte[] message) throws Exception {
        Mail mail = throughTheQueue(concat(Messages.bytes(BCC), message));
        removeBcc(mail);
        queue.enQueue(mail);

        assertThat(Messages.text(Messages.written(dequeued().getMessage()))).isEqualTo(Messages.text(message));
    }

    @Test
    void nothingIsAddedThatIsMissing() throws Exception {
        Mail mail = throughTheQueue(Messages.bytes("Bcc: hidden@example.com\r\nSubject: bare\r\n\r\n\u00fc\r\n"));

        removeBcc(mail);

        assertThat(Messages.text(Messages.written(mail.getMessage())))
                .doesNotContain("MIME-Version", "Message-ID", "Content-Transfer-Encoding", "Content-Type", "Date")
                .isEqualTo("Subject: bare\r\n\r\n\u00c3\u00bc\r\n");
    }

    @Test
    void aHeaderThatIsAddedIsThere() throws Exception {
        Mail mail = throughTheQueue(Messages.bytes("Subject: bare\r\n\r\nbody\r\n"));

        mail.getMessage().addHeader("X-New", "value");
        mail.getMessage().saveChanges();

        assertThat(Messages.text(Messages.written(mail.getMessage())))
                .isIn("Subject: bare\r\nX-New: value\r\n\r\nbody\r\n", "X-New: value\r\nSubject: bare\r\n\r\nbody\r\n");
    }

    @Test
    void theItemIsTheQueuesOwnForTheRest() throws Exception {
        throughTheQueue(Messages.bytes("Subject: Test\r\n\r\nbody\r\n"));
        assertThat(queue.getSize()).as("in hand").isEqualTo(1);

        last.done(MailQueueItem.CompletionStatus.SUCCESS);
        assertThat(queue.getSize()).as("done").isZero();
    }

    private MailQueueItem last;

    private Mail throughTheQueue(byte[] message) throws Exception {
        MailImpl mail = MailImpl.builder()
                .name("mail-1")
                .sender("sender@example.com")
                .addRecipient("recipient@example.com")
                .build();
        mail.setMessageNoCopy(Messages.received(message));
        VerbatimMailQueueItems.makeVerbatim(mail);
        queue.enQueue(mail);
        mail.dispose();
        return dequeued();
    }

    private Mail dequeued() {
        last = queue.deQueue().blockFirst(Duration.ofSeconds(10));
        return last.getMail();
    }

    private static void removeBcc(Mail mail) throws Exception {
        RemoveMimeHeader mailet = new RemoveMimeHeader();
        mailet.init(FakeMailetConfig.builder().setProperty("name", "bcc").build());
        mailet.service(mail);
        assertThat(List.of(mail.getMessage().getHeader("Subject", ","))).isNotEmpty();
        assertThat(mail.getMessage().getHeader("Bcc")).isNull();
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = new byte[first.length + second.length];
        System.arraycopy(first, 0, both, 0, first.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
