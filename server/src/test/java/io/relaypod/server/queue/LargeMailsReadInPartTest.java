package io.relaypod.server.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.apache.james.queue.api.ManageableMailQueue.MailQueueIterator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A listing that ends before its last mail, while the broker is sending it a large one. */
class LargeMailsReadInPartTest {

    private static final int MAILS = 6;
    private static final int LISTINGS = 60;
    private static final String LARGE = "Subject: large\r\n\r\n" + ("x".repeat(98) + "\r\n").repeat(8_000);

    private final Logger artemis =
            ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger("org.apache.activemq.artemis");
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @TempDir
    private Path dataDir;

    @BeforeEach
    void listen() {
        lines.start();
        artemis.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        artemis.detachAppender(lines);
    }

    @Test
    void isNoErrorForTheBroker() throws Exception {
        try (OpenQueue open = OpenQueue.on(dataDir, "outgoing")) {
            for (int number = 0; number < MAILS; number++) {
                open.queue().enQueue(OpenQueue.mail("mail-" + number, LARGE));
            }
            for (int listing = 0; listing < LISTINGS; listing++) {
                MailQueueIterator mails = open.queue().browse();
                for (int read = 0; read <= listing % 3; read++) {
                    assertThat(mails.next().getMail().getName()).isEqualTo("mail-" + read);
                }
                mails.close();
            }

            assertThat(open.queue().getSize()).isEqualTo(MAILS);
        }
        assertThat(lines.list).isEmpty();
    }
}
