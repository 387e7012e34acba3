package io.relaypod.server.smtp;

import java.math.BigInteger;
import java.util.List;
import java.util.regex.Pattern;
import javax.inject.Inject;

import io.relaypod.deliverability.MailRefusal;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.mailets.SmtpTransaction;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.esmtp.EhloExtension;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.hook.MailParametersHook;

/**
 * Announces {@code <maxmessagesize>} as SIZE, and refuses at MAIL a larger one that the client declares (RFC 1870).
 * {@link IncomingMessage} counts what the client sends. Thread-safe.
 */
public final class MessageSizeLimit implements MailParametersHook, EhloExtension {

    static final MailRefusal EXCEEDED = new MailRefusal(552, "5.3.4 Message size exceeds fixed maximum message size");

    // RFC 1870 3: up to 20 digits, more than a long holds.
    private static final Pattern SIZE_VALUE = Pattern.compile("\\d{1,20}");

    private final MailEventPublisher events;

    @Inject
    public MessageSizeLimit(MailEventPublisher events) {
        this.events = events;
    }

    @Override
    public List<String> getImplementedEsmtpFeatures(SMTPSession session) {
        long limit = session.getConfiguration().getMaxMessageSize();
        return limit > 0 ? List.of("SIZE " + limit) : List.of("SIZE");
    }

    @Override
    public String[] getMailParamNames() {
        return new String[] {"SIZE"};
    }

    @Override
    public HookResult doMailParameter(SMTPSession session, String name, String value) {
        if (!SIZE_VALUE.matcher(value).matches()) {
            return refuse("501", "5.5.4 Syntactically incorrect value for SIZE parameter");
        }
        long declared =
                new BigInteger(value).min(BigInteger.valueOf(Long.MAX_VALUE)).longValue();
        long limit = session.getConfiguration().getMaxMessageSize();
        if (limit > 0 && declared > limit) {
            events.publish(SmtpTransaction.of(session).refused(EXCEEDED.code(), EXCEEDED.text()));
            return refuse(Integer.toString(EXCEEDED.code()), EXCEEDED.text());
        }
        return HookResult.DECLINED;
    }

    private static HookResult refuse(String code, String text) {
        return HookResult.builder()
                .hookReturnCode(HookReturnCode.deny())
                .smtpReturnCode(code)
                .smtpDescription(text)
                .build();
    }
}
