package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

import org.apache.james.core.MailAddress;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.utils.BaseFakeSMTPSession;
import org.junit.jupiter.api.Test;

class RcptTarpitTest {

    private static final Duration LONGEST = Duration.ofSeconds(2);

    private final AttachedSession session = new AttachedSession();
    private final RcptTarpit tarpit = new RcptTarpit(20);

    @Test
    void theFirstRefusalsCostNoTime() {
        assertThat(delays(10)).allMatch(Duration::isZero);
    }

    @Test
    void eachFurtherRefusalTakesLongerUpToTwoSeconds() {
        delays(10);
        assertThat(delays(3)).containsExactly(Duration.ofMillis(100), Duration.ofMillis(200), Duration.ofMillis(300));
        assertThat(delays(1_000)).isSorted().last().isEqualTo(LONGEST);
    }

    @Test
    void anAcceptedMailBeginsTheCountAnew() {
        delays(500);
        RcptTarpit.mailAccepted(session);

        assertThat(delays(10)).allMatch(Duration::isZero);
    }

    @Test
    void nineBadRecipientsInTenCostNoTimeInOneTransaction() throws Exception {
        for (int accepted = 0; accepted < 100; accepted++) {
            session.accept();
            assertThat(delays(9)).allMatch(Duration::isZero);
        }
    }

    @Test
    void oneAcceptedRecipientDoesNotPayForASearch() throws Exception {
        session.accept();

        assertThat(delays(100)).last().isEqualTo(LONGEST);
    }

    @Test
    void acceptedRecipientsOfATransactionThatWasGivenUpPayForNothing() throws Exception {
        for (int accepted = 0; accepted < 100; accepted++) {
            session.accept();
        }
        delays(100);
        session.removeAttachment(SMTPSession.RCPT_LIST, State.Transaction);

        assertThat(delays(1)).containsExactly(LONGEST);
    }

    @Test
    void withoutALimitNoRefusalWaits() {
        RcptTarpit off = new RcptTarpit(0);

        assertThat(IntStream.range(0, 1_000).mapToObj(i -> off.refused(session)))
                .allMatch(Duration::isZero);
    }

    private List<Duration> delays(int refusals) {
        return IntStream.range(0, refusals)
                .mapToObj(i -> tarpit.refused(session))
                .toList();
    }

    private static final class AttachedSession extends BaseFakeSMTPSession {

        private final Map<AttachmentKey<?>, Object> attachments = new ConcurrentHashMap<>();

        void accept() throws Exception {
            List<MailAddress> accepted =
                    new ArrayList<>(getAttachment(RCPT_LIST, State.Transaction).orElse(Collections.emptyList()));
            accepted.add(new MailAddress("a@example.com"));
            setAttachment(RCPT_LIST, accepted, State.Transaction);
        }

        @Override
        public String getSessionID() {
            return "1";
        }

        @Override
        public InetSocketAddress getRemoteAddress() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        }

        @Override
        public <T> Optional<T> setAttachment(AttachmentKey<T> key, T value, State state) {
            return key.convert(attachments.put(key, value));
        }

        @Override
        public <T> Optional<T> removeAttachment(AttachmentKey<T> key, State state) {
            return key.convert(attachments.remove(key));
        }

        @Override
        public <T> Optional<T> getAttachment(AttachmentKey<T> key, State state) {
            return key.convert(attachments.get(key));
        }
    }
}
