package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.smtp.SMTPConfiguration;
import org.apache.james.protocols.smtp.SMTPConfigurationImpl;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.utils.BaseFakeSMTPSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageSizeLimitTest {

    private static final String END = ".\r\n";
    private static final Response STORED = new SMTPResponse("250", "stored");

    private final MessageSizeLimit limit = new MessageSizeLimit(event -> {});
    private final List<String> stored = new ArrayList<>();

    @Test
    void theLimitIsAnnounced() {
        assertThat(limit.getImplementedEsmtpFeatures(session(3_145_728))).containsExactly("SIZE 3145728");
    }

    @Test
    void withoutALimitSizeIsAnnouncedWithoutAFigure() {
        assertThat(limit.getImplementedEsmtpFeatures(session(0))).containsExactly("SIZE");
    }

    @Test
    void itReadsTheSizeParameterOfMail() {
        assertThat(limit.getMailParamNames()).containsExactly("SIZE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "99", "100", "00000000000000000100"})
    void aDeclaredSizeWithinTheLimitIsLeftToTheNextHook(String declared) {
        assertThat(limit.doMailParameter(session(100), "SIZE", declared)).isEqualTo(HookResult.DECLINED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "101",
                "1000000",
                "2147483648",
                "9223372036854775807",
                "9223372036854775808",
                "99999999999999999999"
            })
    void aDeclaredSizeBeyondTheLimitIsRefusedAtMail(String declared) {
        assertRefused(
                limit.doMailParameter(session(100), "SIZE", declared),
                "552",
                "5.3.4 Message size exceeds fixed maximum message size");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "-1", "+1", "1k", "1.5", "0x10", "many", "1 2", "100000000000000000000", "\u0661"})
    void aDeclaredSizeThatIsNoNumberIsASyntaxError(String declared) {
        assertRefused(
                limit.doMailParameter(session(100), "SIZE", declared),
                "501",
                "5.5.4 Syntactically incorrect value for SIZE parameter");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "99999999999999999999"})
    void withoutALimitEveryDeclaredSizeIsGood(String declared) {
        assertThat(limit.doMailParameter(session(0), "SIZE", declared)).isEqualTo(HookResult.DECLINED);
    }

    @Test
    void aMessageOfExactlyTheLimitIsStored() {
        FakeSession session = session(20);

        assertThat(send(session, "12345678\r\n", "12345678\r\n")).isEqualTo(STORED);
        assertThat(stored).containsExactly("12345678\r\n", "12345678\r\n", END);
        assertThat(session.currentMessageSize()).isEqualTo(20);
    }

    @Test
    void aMessageOfOneByteMoreIsRefusedAtItsEnd() {
        FakeSession session = session(20);

        Response response = send(session, "12345678\r\n", "123456789\r\n");

        assertThat(response.getRetCode()).isEqualTo("552");
        assertThat(response.getLines()).hasToString("[552 5.3.4 Message size exceeds fixed maximum message size]");
        assertThat(session.events)
                .as("commands are read again, in a new transaction")
                .containsExactly("popLineHandler", "resetState");
    }

    @Test
    void ofAMessageBeyondTheLimitNothingMoreIsKept() {
        FakeSession session = session(20);

        send(session, "12345678\r\n", "123456789\r\n", "1\r\n", "more\r\n");

        assertThat(stored).containsExactly("12345678\r\n");
    }

    @Test
    void theDotThatSmtpAddsDoesNotCount() {
        // RFC 1870 section 5 counts the message, not its transparency.
        assertThat(send(session(7), "..\r\n", "..x\r\n")).isEqualTo(STORED);
        assertThat(send(session(6), "..\r\n", "..x\r\n").getRetCode()).isEqualTo("552");
    }

    @Test
    void aDotBeforeOtherTextCounts() {
        assertThat(send(session(4), ".x\r\n")).isEqualTo(STORED);
        assertThat(send(session(3), ".x\r\n").getRetCode()).isEqualTo("552");
    }

    @Test
    void theLineThatEndsTheMessageDoesNotCount() {
        assertThat(send(session(1), "x")).isEqualTo(STORED);
    }

    @Test
    void anEmptyMessageIsStored() {
        assertThat(send(session(1))).isEqualTo(STORED);
    }

    @Test
    void withoutALimitAnySizeIsStored() {
        FakeSession session = session(0);

        assertThat(send(session, "x".repeat(10_000_000))).isEqualTo(STORED);
        assertThat(session.currentMessageSize()).isEqualTo(10_000_000);
    }

    @Test
    void noLineIsAnsweredBeforeTheLast() {
        FakeSession session = session(3);

        assertThat(line(session, "1\r\n")).isNull();
        assertThat(line(session, "2\r\n")).isNull();
    }

    private Response send(FakeSession session, String... lines) {
        stored.clear();
        for (String line : lines) {
            assertThat(line(session, line)).isNull();
        }
        return line(session, END);
    }

    private Response line(FakeSession session, String line) {
        return limit.onLine(session, line.getBytes(StandardCharsets.ISO_8859_1), new Store());
    }

    private static void assertRefused(HookResult result, String code, String text) {
        assertThat(result.getResult()).isEqualTo(HookReturnCode.deny());
        assertThat(result.getSmtpRetCode()).isEqualTo(code);
        assertThat(result.getSmtpDescription()).isEqualTo(text);
    }

    private static FakeSession session(long maxMessageSize) {
        return new FakeSession(maxMessageSize);
    }

    /** Keeps the lines as James' own handler does. */
    private final class Store implements LineHandler<SMTPSession> {

        @Override
        public Response onLine(SMTPSession session, byte[] line) {
            stored.add(new String(line, StandardCharsets.ISO_8859_1));
            return stored.get(stored.size() - 1).equals(END) ? STORED : null;
        }
    }

    private static final class FakeSession extends BaseFakeSMTPSession {

        private final SMTPConfiguration configuration;
        private final List<String> events = new ArrayList<>();

        FakeSession(long maxMessageSize) {
            configuration = new SMTPConfigurationImpl() {
                @Override
                public long getMaxMessageSize() {
                    return maxMessageSize;
                }
            };
        }

        @Override
        public SMTPConfiguration getConfiguration() {
            return configuration;
        }

        @Override
        public String getSessionID() {
            return "session-1";
        }

        @Override
        public <T> Optional<T> getAttachment(AttachmentKey<T> key, State state) {
            return Optional.empty();
        }

        @Override
        public InetSocketAddress getRemoteAddress() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 25);
        }

        @Override
        public void popLineHandler() {
            events.add("popLineHandler");
        }

        @Override
        public void resetState() {
            events.add("resetState");
        }
    }
}
