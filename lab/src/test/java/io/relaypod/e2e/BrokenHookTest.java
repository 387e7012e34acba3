package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.EOFException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import io.relaypod.lab.dns.DnsBehaviour;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.RcptHook;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hook that throws, behind a hook that waits for DNS. */
class BrokenHookTest {

    /** Throws at each recipient that begins with "broken". */
    public static final class Broken implements RcptHook {

        @Override
        public HookResult doRcpt(SMTPSession session, MaybeSender sender, MailAddress recipient) {
            if (recipient.getLocalPart().startsWith("broken")) {
                throw new IllegalStateException("the hook is broken");
            }
            return HookResult.DECLINED;
        }
    }

    @TempDir
    private Path directory;

    @Test
    void theClientGetsATemporaryFailureAndNoReplyToLaterCommands() throws Exception {
        for (String file : List.of("smtpserver.xml", "mailetcontainer.xml")) {
            Files.copy(Path.of("../james-conf").resolve(file), directory.resolve(file));
        }
        Path smtpserver = directory.resolve("smtpserver.xml");
        Files.writeString(
                smtpserver,
                Files.readString(smtpserver)
                        .replace(
                                "</handlerchain>",
                                "<handler class=\"" + Broken.class.getName() + "\"/></handlerchain>"));
        try (LabWorld world = LabWorld.builder()
                        .with("JAMES_CONF", directory.toString())
                        .with("DNS_TIMEOUT", "5s")
                        .start();
                SmtpConversation smtp = world.connect()) {
            world.dns().behave("example.com", DnsBehaviour.delay(Duration.ofMillis(500)));
            smtp.sendRaw(
                    "MAIL FROM:<s@example.com>\r\nRCPT TO:<broken@example.com>\r\nNOOP\r\nRCPT TO:<a@gmail.com>\r\n"
                            .getBytes(StandardCharsets.US_ASCII));

            assertThat(smtp.readReply().code()).isEqualTo(250);
            assertThat(smtp.readReply().code()).as("of the recipient").isEqualTo(451);
            assertThatExceptionOfType(EOFException.class).isThrownBy(smtp::readReply);
            try (SmtpConversation next = world.connect()) {
                next.send("MAIL FROM:<s@example.com>");
                assertThat(next.send("RCPT TO:<a@gmail.com>").code()).isEqualTo(250);
            }
        }
    }
}
