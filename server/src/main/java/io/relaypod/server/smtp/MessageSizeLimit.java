package io.relaypod.server.smtp;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import javax.inject.Inject;

import io.relaypod.events.MailEventPublisher;
import io.relaypod.mailets.SmtpTransaction;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.DataLineFilter;
import org.apache.james.protocols.smtp.core.esmtp.EhloExtension;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.hook.MailParametersHook;

/**
 * Announces {@code <maxmessagesize>} as SIZE and refuses what is larger with {@code 552 5.3.4} (RFC 1870): at MAIL when
 * the client says so itself, else at the end of data. Of a mail beyond the limit nothing more is kept while the rest
 * arrives.
 *
 * <p>The size is what the client sent, CRLFs counted and dot-stuffing not; what we add does not count. Thread-safe.
 */
public final class MessageSizeLimit implements MailParametersHook, EhloExtension, DataLineFilter {

    private static final String TOO_BIG = "5.3.4 Message size exceeds fixed maximum message size";
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
        if (exceedsLimit(session, declared)) {
            tell(session);
            return refuse("552", TOO_BIG);
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

    @Override
    public Response onLine(SMTPSession session, byte[] line, LineHandler<SMTPSession> next) {
        if (isEndOfData(line)) {
            return session.messageFailed() ? refuse(session) : next.onLine(session, line);
        }
        session.setCurrentMessageSize(session.currentMessageSize() + line.length - (isStuffed(line) ? 1 : 0));
        if (exceedsLimit(session, session.currentMessageSize())) {
            session.setMessageFailed(true);
        }
        return session.messageFailed() ? goOn() : next.onLine(session, line);
    }

    private Response refuse(SMTPSession session) {
        tell(session);
        session.popLineHandler();
        session.resetState();
        return new SMTPResponse("552", TOO_BIG);
    }

    static boolean isStuffed(byte[] line) {
        return line.length > 1 && line[0] == '.' && line[1] == '.';
    }

    /** The line as it was before the client put a dot before its dot (RFC 5321 section 4.5.2). */
    static byte[] unstuffed(byte[] line) {
        return isStuffed(line) ? Arrays.copyOfRange(line, 1, line.length) : line;
    }

    static boolean isEndOfData(byte[] line) {
        return line.length == 3 && line[0] == '.' && line[1] == '\r' && line[2] == '\n';
    }

    private static boolean exceedsLimit(SMTPSession session, long size) {
        long limit = session.getConfiguration().getMaxMessageSize();
        return limit > 0 && size > limit;
    }

    // James' way to say that a line needs no reply.
    private static Response goOn() {
        return null;
    }

    private void tell(SMTPSession session) {
        events.publish(SmtpTransaction.of(session).refused(552, TOO_BIG));
    }
}
