package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import com.google.common.net.InetAddresses;
import io.relaypod.mailets.AsynchronousRcptHook;
import io.relaypod.memory.MemoryUse;
import io.relaypod.server.smtp.OpenConnections.ConnectionEnd;
import io.relaypod.server.smtp.OpenConnections.OpenConnection;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.smtp.MailEnvelope;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.MailHook;
import org.apache.james.protocols.smtp.hook.MessageHook;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The order of a connection's lines and replies, and what a client that waits, stops or breaks costs. */
class SmtpDialogueTest {

    private static final String MAIL = "MAIL FROM:<a@example.com>\r\n";
    private static final String RCPT = "RCPT TO:<b@example.com>\r\n";
    private static final ConnectionEnd NEVER_IDLE = new ConnectionEnd() {
        @Override
        public OptionalLong idleSince() {
            return OptionalLong.empty();
        }

        @Override
        public void displace() {
            throw new AssertionError("it is not idle");
        }
    };

    @TempDir
    private Path directory;

    private final List<EmbeddedSmtp> opened = new ArrayList<>();

    @AfterEach
    void closeAll() {
        opened.forEach(EmbeddedSmtp::close);
    }

    private EmbeddedSmtp connect(EmbeddedSmtp.Settings settings) {
        EmbeddedSmtp client = settings.connect(directory);
        opened.add(client);
        return client;
    }

    private EmbeddedSmtp connected() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with());
        assertThat(client.replies()).startsWith("220 ").endsWith("\r\n");
        client.say("EHLO client.example\r\n");
        return client;
    }

    @Test
    void commandsThatArePipelinedAreAnsweredInTheirOrder() {
        EmbeddedSmtp client = connected();

        assertThat(codes(client.say(MAIL + RCPT + "DATA\r\nSubject: s\r\n\r\nhello\r\n.\r\nNOOP\r\nQUIT\r\n")))
                .containsExactly("250", "250", "354", "250", "250", "221");
        assertThat(client.isOpen()).isFalse();
        assertThat(client.stored).singleElement().asString().endsWith("\r\nhello\r\n");
    }

    @Test
    void aSessionThatArrivesByteByByteIsTheSame() {
        EmbeddedSmtp client = connected();

        assertThat(codes(client.drip(MAIL + RCPT + "DATA\r\nSubject: s\r\n\r\n..hello\r\n.\r\nQUIT\r\n")))
                .containsExactly("250", "250", "354", "250", "221");
        assertThat(client.stored).singleElement().asString().endsWith("\r\n.hello\r\n");
    }

    @Test
    void manyCommandsInOneReadLeaveTheThreadToOthersAndAreAllAnswered() {
        EmbeddedSmtp client = connected();

        assertThat(codes(client.say("NOOP\r\n".repeat(100)))).hasSize(100).containsOnly("250");
    }

    @Test
    void whileARecipientIsLookedUpTheNextLinesWait() {
        PendingHook hook = new PendingHook();
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().handler(hook));
        client.say("EHLO client.example\r\n");

        assertThat(codes(client.say(MAIL + RCPT + "NOOP\r\n"))).containsExactly("250");
        assertThat(client.isReading()).as("lines wait already").isFalse();
        hook.verdict.complete(() -> HookResult.DECLINED);

        assertThat(codes(client.replies())).containsExactly("250", "250");
        assertThat(client.isReading()).isTrue();
    }

    @Test
    void aVerdictForAClientThatHasGoneIsDropped() {
        PendingHook hook = new PendingHook();
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().handler(hook));
        client.say("EHLO client.example\r\n" + MAIL + RCPT);
        client.disconnect();

        hook.verdict.complete(() -> {
            throw new AssertionError("nobody asks for it");
        });

        assertThat(client.replies()).doesNotContain("250 2.1.5");
        assertThat(client.budget.reserved()).isZero();
    }

    @Test
    void whileAMessageIsStoredTheNextLinesWaitAndNothingMoreIsRead() {
        EmbeddedSmtp client = connected();
        client.storing = new CompletableFuture<>();

        assertThat(codes(client.say(MAIL + RCPT + "DATA\r\nSubject: s\r\n\r\nhello\r\n.\r\nNOOP\r\n")))
                .containsExactly("250", "250", "354");
        assertThat(client.isReading()).isFalse();
        client.storing.complete(new SMTPResponse("250", "2.6.0 stored"));

        assertThat(codes(client.replies())).containsExactly("250", "250");
        assertThat(client.pendingReplies()).isZero();
    }

    @Test
    void aClientThatLeavesWhileItsMessageIsStoredIsNoLongerWaitedFor() {
        EmbeddedSmtp client = connected();
        client.storing = new CompletableFuture<>();
        client.say(MAIL + RCPT + "DATA\r\nSubject: s\r\n\r\nhello\r\n.\r\n");
        client.disconnect();
        assertThat(client.pendingReplies()).isEqualTo(1);

        client.storing.complete(new SMTPResponse("250", "2.6.0 stored"));
        client.replies();

        assertThat(client.pendingReplies()).isZero();
        assertThat(client.budget.reserved()).isZero();
    }

    @Test
    void aWorkerReadsALargeMessageAndWhatArrivesMeanwhileIsBehindIt() {
        EmbeddedSmtp client = connected();
        client.say(MAIL + RCPT + "DATA\r\nSubject: s\r\n\r\n");

        assertThat(client.say("x".repeat(1_000).concat("\r\n").repeat(5))).isEmpty();
        assertThat(client.workerTasks).hasSize(1);
        assertThat(client.isReading()).isFalse();
        assertThat(client.say("end\r\n.\r\nNOOP\r\n")).isEmpty();
        assertThat(codes(client.work())).containsExactly("250", "250");
        assertThat(client.stored).singleElement().asString().endsWith("x".repeat(1_000) + "\r\nend\r\n");
    }

    @Test
    void aClientThatLeavesWhileAWorkerReadsItsMessageFreesItsMemoryBehindTheWorker() {
        EmbeddedSmtp client = connected();
        client.say(MAIL + RCPT + "DATA\r\nSubject: s\r\n\r\n"
                + "x".repeat(1_000).concat("\r\n").repeat(20));
        client.disconnect();

        client.work();

        assertThat(client.stored).isEmpty();
        assertThat(client.budget.reserved()).isZero();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aClientThatLeavesWhileAWorkerReadsTheEndOfItsMessageHasSentIt() {
        EmbeddedSmtp client = connected();
        client.say(MAIL + RCPT + "DATA\r\nSubject: s\r\n\r\n"
                + "x".repeat(1_000).concat("\r\n").repeat(20) + ".\r\n");
        client.disconnect();

        client.work();

        assertThat(client.stored).hasSize(1);
        assertThat(client.pendingReplies()).isZero();
        assertThat(client.budget.reserved()).isZero();
    }

    @Test
    void hooksOfTheEndOfAMailNeverRunOnTheIoThread() {
        MessageHook filter = (session, envelope) -> HookResult.DECLINED;
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().handler(filter));
        client.say("EHLO client.example\r\n" + MAIL + RCPT + "DATA\r\nSubject: s\r\n\r\n");

        assertThat(client.say("small\r\n.\r\n")).isEmpty();
        assertThat(client.workerTasks).hasSize(1);
        assertThat(codes(client.work())).containsExactly("250");
    }

    @Test
    void anErrorInAWorkerEndsTheSessionAndNotTheOthers() {
        MessageHook broken = new MessageHook() {
            @Override
            public HookResult onMessage(SMTPSession session, MailEnvelope mail) {
                throw new StackOverflowError("a hook that nests too deep");
            }
        };
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().handler(broken));
        client.say("EHLO client.example\r\n" + MAIL + RCPT + "DATA\r\nSubject: s\r\n\r\nhello\r\n.\r\n");

        assertThat(client.work()).startsWith("451 ");
        assertThat(client.isOpen()).isFalse();
        assertThat(client.budget.reserved()).isZero();
    }

    @Test
    void aClientThatLeavesItsRepliesUnreadIsNotReadEither() {
        EmbeddedSmtp client = connected();
        client.reads(false);

        client.say("NOOP\r\n".repeat(2_000));

        assertThat(client.isReading()).isFalse();
        assertThat(client.unreadReplies()).isBetween(1L, 2L * EmbeddedSmtp.UNREAD_REPLIES);
        client.reads(true);
        assertThat(codes(client.replies())).hasSize(2_000).containsOnly("250");
        assertThat(client.isReading()).isTrue();
    }

    @Test
    void aClientThatIsIdleGetsAReplyAndIsClosed() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().limits(10, Duration.ofMillis(20), 0));
        client.replies();

        StringBuilder said = new StringBuilder();
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> {
            said.append(client.tick());
            return !client.isOpen();
        });
        assertThat(said).hasToString("421 4.7.0 Idle for too long, closing connection\r\n");
        assertThat(client.budget.reserved()).isZero();
    }

    @Test
    void aClientThatDoesNotReadItsLastReplyIsClosed() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().limits(10, Duration.ofMillis(20), 0));
        client.replies();
        client.reads(false);
        client.say("QUIT\r\nNOOP\r\n");
        assertThat(client.isOpen()).isTrue();

        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> {
            client.tick();
            return !client.isOpen();
        });
        assertThat(client.budget.reserved()).isZero();
    }

    @Test
    void behindTheLastReplyNothingIsAnswered() {
        EmbeddedSmtp client = connected();

        assertThat(codes(client.say("QUIT\r\nNOOP\r\n"))).containsExactly("221");
        assertThat(client.isOpen()).isFalse();
    }

    @Test
    void oneConnectionTooManyIsToldSoAndClosed() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().limits(0, Duration.ofMinutes(1), 0));

        assertThat(client.replies()).isEqualTo("421 4.7.0 Too many connections, try again later\r\n");
        assertThat(client.isOpen()).isFalse();
        assertThat(client.say("EHLO client.example\r\n")).isEmpty();
    }

    @Test
    void aClosedConnectionLeavesItsPlaceToTheNext() throws Exception {
        EmbeddedSmtp client = connected();
        assertThat(client.budget.reserved(MemoryUse.SMTP_SESSIONS)).isPositive();
        client.disconnect();

        assertThat(client.budget.reserved()).isZero();
        Optional<OpenConnection> next =
                client.connections.tryOpen(java.net.InetAddress.getLoopbackAddress(), true, NEVER_IDLE);
        assertThat(next).isPresent();
        next.get().close();
    }

    @Test
    void anIdleConnectionWhosePlaceAnotherClientGetsIsToldSoAndClosed() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().limits(2, Duration.ofMinutes(1), 0));
        client.replies();
        client.connections.tryOpen(InetAddresses.forString("192.0.2.7"), true, NEVER_IDLE);

        assertThat(client.connections.tryOpen(InetAddresses.forString("192.0.2.8"), true, NEVER_IDLE))
                .isPresent();

        assertThat(client.say("")).isEqualTo("421 4.7.0 Too many connections, try again later\r\n");
        assertThat(client.isOpen()).isFalse();
    }

    @Test
    void aConnectionThatWaitsForItsReplyKeepsItsPlace() {
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().limits(2, Duration.ofMinutes(1), 0));
        client.storing = new CompletableFuture<>();
        client.say("EHLO client.example\r\n" + MAIL + RCPT + "DATA\r\nSubject: s\r\n\r\nhello\r\n.\r\n");
        client.connections.tryOpen(InetAddresses.forString("192.0.2.7"), true, NEVER_IDLE);

        assertThat(client.connections.tryOpen(InetAddresses.forString("192.0.2.8"), true, NEVER_IDLE))
                .isEmpty();

        client.storing.complete(new SMTPResponse("250", "2.6.0 stored"));
        assertThat(codes(client.say(""))).containsExactly("250");
        assertThat(client.isOpen()).isTrue();
    }

    @Test
    void aBrokenConnectionIsClosedWithoutAReply() {
        EmbeddedSmtp client = connected();

        client.fail(new IOException("Connection reset by peer"));

        assertThat(client.replies()).isEmpty();
        assertThat(client.isOpen()).isFalse();
    }

    @Test
    void aHookThatThrowsEndsTheSessionWithAReply() {
        MailHook broken = new MailHook() {
            @Override
            public HookResult doMail(SMTPSession session, MaybeSender sender) {
                throw new IllegalStateException("a fault of the hook");
            }
        };
        EmbeddedSmtp client = connect(EmbeddedSmtp.with().handler(broken));
        client.say("EHLO client.example\r\n");

        assertThat(client.say(MAIL + "NOOP\r\n")).startsWith("451 ");
    }

    @Test
    void theTwentyFirstErrorEndsTheSession() {
        EmbeddedSmtp client = connected();

        List<String> replies = codes(client.say("NONSENSE\r\n".repeat(25)));

        assertThat(replies).hasSize(21).endsWith("421");
        assertThat(replies.subList(0, 20)).containsOnly("500");
        assertThat(client.isOpen()).isFalse();
    }

    private static List<String> codes(String replies) {
        return replies.lines()
                .filter(line -> line.length() < 4 || line.charAt(3) != '-')
                .map(line -> line.substring(0, 3))
                .toList();
    }

    /** A hook whose answer the test gives. */
    private static final class PendingHook implements AsynchronousRcptHook {

        private final CompletableFuture<Supplier<HookResult>> verdict = new CompletableFuture<>();

        @Override
        public CompletionStage<Supplier<HookResult>> ask(SMTPSession session, MailAddress recipient) {
            return verdict;
        }
    }
}
