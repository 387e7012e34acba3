package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.CommandDispatcher;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.smtp.MailEnvelope;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.DataLineFilter;
import org.apache.james.protocols.smtp.core.RcptCmdHandler;
import org.apache.james.protocols.smtp.core.log.HookResultLogger;
import org.apache.james.protocols.smtp.hook.HeloHook;
import org.apache.james.protocols.smtp.hook.Hook;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookResultHook;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.hook.MailHook;
import org.apache.james.protocols.smtp.hook.MailParametersHook;
import org.apache.james.protocols.smtp.hook.MessageHook;
import org.apache.james.protocols.smtp.hook.QuitHook;
import org.apache.james.protocols.smtp.hook.RcptHook;
import org.apache.james.protocols.smtp.hook.UnknownHook;
import org.apache.james.smtpserver.JamesMessageHook;
import org.apache.james.smtpserver.SendMailHandler;
import org.apache.mailet.Mail;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An admin's hooks in smtpserver.xml. Each is called at its stage, or the relay does not start. */
class HooksTest {

    private static final AttachmentKey<String> CALLS = AttachmentKey.of("test.calls", String.class);
    private static final Queue<String> LAST = new ConcurrentLinkedQueue<>();

    @TempDir
    private Path directory;

    /** Implements every stage, and refuses commands and messages that contain "virus". */
    public static final class EveryStage
            implements HeloHook,
                    MailHook,
                    MailParametersHook,
                    RcptHook,
                    MessageHook,
                    JamesMessageHook,
                    QuitHook,
                    UnknownHook,
                    DataLineFilter {

        @Override
        public HookResult doHelo(SMTPSession session, String name) {
            return called(session, "helo");
        }

        @Override
        public HookResult doMail(SMTPSession session, MaybeSender sender) {
            return called(session, "mail");
        }

        @Override
        public String[] getMailParamNames() {
            return new String[] {"X-OUR-OWN"};
        }

        @Override
        public HookResult doMailParameter(SMTPSession session, String name, String value) {
            return called(session, name + "=" + value);
        }

        @Override
        public HookResult doRcpt(SMTPSession session, MaybeSender sender, MailAddress recipient) {
            return called(session, "rcpt");
        }

        @Override
        public HookResult onMessage(SMTPSession session, MailEnvelope mail) {
            try {
                String text = new String(mail.getMessageInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                called(
                        session,
                        "message of " + mail.getRecipients().size()
                                + (mail.getSize() == text.length() ? "" : " of another size"));
                return text.contains("virus")
                        ? HookResult.builder()
                                .hookReturnCode(HookReturnCode.deny())
                                .smtpReturnCode("554")
                                .smtpDescription("5.7.1 A virus")
                                .build()
                        : HookResult.DECLINED;
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }

        @Override
        public HookResult onMessage(SMTPSession session, Mail mail) {
            return called(session, "james-message");
        }

        @Override
        public HookResult doQuit(SMTPSession session) {
            called(session, "quit");
            LAST.add(session.getAttachment(CALLS, State.Connection).orElse(""));
            return HookResult.DECLINED;
        }

        @Override
        public HookResult doUnknown(SMTPSession session, String command) {
            return called(session, "unknown");
        }

        @Override
        public Response onLine(SMTPSession session, byte[] line, LineHandler<SMTPSession> next) {
            if (line[0] == '.' && line.length == 3) {
                called(session, "end");
            }
            return next.onLine(session, line);
        }

        private static HookResult called(SMTPSession session, String stage) {
            session.setAttachment(
                    CALLS,
                    session.getAttachment(CALLS, State.Connection)
                            .map(before -> before + ", " + stage)
                            .orElse(stage),
                    State.Connection);
            return HookResult.DECLINED;
        }
    }

    /** Counts results, and turns the acceptance of one recipient into a refusal. */
    public static final class Results implements HookResultHook {

        private static final AttachmentKey<Integer> SEEN = AttachmentKey.of("test.results", Integer.class);

        @Override
        public HookResult onHookResult(SMTPSession session, HookResult result, long executionTime, Hook hook) {
            session.setAttachment(
                    SEEN, session.getAttachment(SEEN, State.Connection).orElse(0) + 1, State.Connection);
            boolean isOver = hook instanceof RcptHook
                    && session.getAttachment(RcptCmdHandler.CURRENT_RECIPIENT, State.Transaction)
                            .filter(recipient -> recipient.getLocalPart().equals("overruled"))
                            .isPresent();
            return isOver
                    ? HookResult.builder()
                            .hookReturnCode(HookReturnCode.deny())
                            .smtpReturnCode("550")
                            .smtpDescription("5.7.1 Overruled")
                            .build()
                    : result;
        }
    }

    /** Implements no stage of SMTP. */
    public static final class NoStage implements LineHandler<SMTPSession> {

        @Override
        public Response onLine(SMTPSession session, byte[] line) {
            return session.newFatalErrorResponse();
        }
    }

    @Test
    void eachHookIsCalledAtItsStageAndMayRefuse() throws Exception {
        try (LabWorld world = world(EveryStage.class, Results.class, HookResultLogger.class)) {
            try (SmtpConversation smtp = world.connect()) {
                smtp.send("UNHEARD");
                assertThat(smtp.send("MAIL FROM:<a@example.com> x-our-own=1").code())
                        .isEqualTo(250);
                assertThat(smtp.send("RCPT TO:<overruled@example.com>").lines()).containsExactly("550 5.7.1 Overruled");
                assertThat(smtp.send("RCPT TO:<b@example.com>").code()).isEqualTo(250);
                assertThat(smtp.data(bytes("From: a@example.com\r\n\r\na virus\r\n"))
                                .lines())
                        .containsExactly("554 5.7.1 A virus");
                smtp.send("MAIL FROM:<a@example.com>");
                smtp.send("RCPT TO:<b@example.com>");
                smtp.send("RCPT TO:<c@example.com>");
                assertThat(smtp.data(bytes("From: a@example.com\r\nTo: b@example.com, c@example.com\r\n\r\n"
                                        + "harmless".repeat(10_000) + "\r\n"))
                                .code())
                        .isEqualTo(250);
                smtp.send("QUIT");
            }
            assertThat(LAST.remove())
                    .isEqualTo(
                            "helo, unknown, X-OUR-OWN=1, mail, rcpt, end, message of 1, mail, rcpt, rcpt, end, message of 2,"
                                    + " james-message, quit");
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> !world.mailpit().messages().isEmpty());
            assertThat(world.mailpit().messages())
                    .singleElement()
                    .satisfies(mail -> assertThat(mail.text()).contains("harmless"));
        }
    }

    @Test
    void aLineFilterSeesTheEndOfDataInTheOrderOfTheXml() throws Exception {
        try (LabWorld world = world(EveryStage.class);
                SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<a@example.com>");
            smtp.send("RCPT TO:<b@example.com>");
            smtp.send("DATA");
            smtp.sendRaw(bytes("From: a@example.com\r\n\r\n" + "x".repeat(2048) + ".\r\n" + "\r\n.\r\n"));
            assertThat(smtp.readReply().code()).isEqualTo(250);
            smtp.send("QUIT");
            assertThat(LAST.remove()).isEqualTo("helo, mail, rcpt, end, message of 1, james-message, quit");
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {NoStage.class, CommandDispatcher.class, RcptCmdHandler.class, SendMailHandler.class})
    void aHandlerThatIsNeverCalledStopsTheStartWithItsName(Class<?> handler) {
        assertThatThrownBy(() -> world(handler).close())
                .satisfies(failure -> assertThat(messages(failure)).contains(handler.getName()));
    }

    private LabWorld world(Class<?>... handlers) throws Exception {
        Files.copy(Path.of("../james-conf/mailetcontainer.xml"), directory.resolve("mailetcontainer.xml"));
        String named = Stream.of(handlers)
                .map(handler -> "<handler class=\"" + handler.getName() + "\"/>")
                .collect(Collectors.joining());
        Files.writeString(
                directory.resolve("smtpserver.xml"),
                Files.readString(Path.of("../james-conf/smtpserver.xml"))
                        .replace("</handlerchain>", named + "</handlerchain>"));
        return LabWorld.builder().with("JAMES_CONF", directory.toString()).start();
    }

    private static String messages(Throwable failure) {
        List<String> messages = new ArrayList<>();
        for (Throwable each = failure; each != null; each = each.getCause()) {
            messages.add(String.valueOf(each.getMessage()));
        }
        return String.join("\n", messages);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
