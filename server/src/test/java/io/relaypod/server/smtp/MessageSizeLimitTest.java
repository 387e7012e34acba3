package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPConfiguration;
import org.apache.james.protocols.smtp.SMTPConfigurationImpl;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.utils.BaseFakeSMTPSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageSizeLimitTest {

    private final MessageSizeLimit limit = new MessageSizeLimit(event -> {});

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

    private static void assertRefused(HookResult result, String code, String text) {
        assertThat(result.getResult()).isEqualTo(HookReturnCode.deny());
        assertThat(result.getSmtpRetCode()).isEqualTo(code);
        assertThat(result.getSmtpDescription()).isEqualTo(text);
    }

    private static FakeSession session(long maxMessageSize) {
        return new FakeSession(maxMessageSize);
    }

    private static final class FakeSession extends BaseFakeSMTPSession {

        private final SMTPConfiguration configuration;

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
    }
}
