package io.relaypod.mailets;

import java.util.Locale;

import javax.inject.Inject;

import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.hook.RcptHook;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.relaypod.domain.RecipientAnswer;
import io.relaypod.domain.RecipientRule;

/**
 * Refuses, at RCPT, recipients whose domain cannot receive mail; the other recipients of the mail go on.
 *
 * <p>In smtpserver.xml:
 * <pre>{@code
 * <handlerchain coreHandlersPackage="io.relaypod.server.smtp.RelayHandlers">
 *   <handler class="io.relaypod.mailets.MxRcptHook"/>
 * </handlerchain>
 * }</pre>
 *
 * <p>Clients that may not relay are left to James' relaying rule: no stranger makes us ask DNS. Each answer is counted as
 * {@code rcpt_<outcome>} and each refusal logged with its domain; the address in full only at DEBUG. Thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5321#section-5.1">RFC 5321 section 5.1</a>
 */
public final class MxRcptHook implements RcptHook {

    private static final Logger LOGGER = LoggerFactory.getLogger(MxRcptHook.class);

    // What Jakarta Mail cannot put into a RCPT command would be dropped on the way out, after we said 250.
    private static final HookResult UNSENDABLE = HookResult.builder()
        .hookReturnCode(HookReturnCode.deny())
        .smtpReturnCode("553")
        .smtpDescription("5.1.3 Bad destination mailbox address syntax")
        .build();

    private final RecipientRule rule;
    private final MetricFactory metrics;

    @Inject
    public MxRcptHook(RecipientRule rule, MetricFactory metrics) {
        this.rule = rule;
        this.metrics = metrics;
    }

    @Override
    public HookResult doRcpt(SMTPSession session, MaybeSender sender, MailAddress recipient) {
        if (!session.isRelayingAllowed()) {
            return HookResult.DECLINED;
        }
        if (recipient.toInternetAddress().isEmpty() || recipient.asString().chars().anyMatch(Character::isISOControl)) {
            count("bad_address");
            RefusedRecipients.note(session, recipient);
            return UNSENDABLE;
        }
        RecipientAnswer answer = answer(session, recipient);
        count(answer.outcome().name());
        if (answer.isAccepted()) {
            return HookResult.DECLINED;
        }
        RefusedRecipients.note(session, recipient);
        log(session, recipient, answer);
        return HookResult.builder()
            .hookReturnCode(answer.isTemporary() ? HookReturnCode.denySoft() : HookReturnCode.deny())
            .smtpReturnCode(Integer.toString(answer.code()))
            .smtpDescription(answer.text())
            .build();
    }

    private RecipientAnswer answer(SMTPSession session, MailAddress recipient) {
        return session.removeAttachment(PendingAnswer.KEY, State.Connection)
            .filter(pending -> pending.address().equalsIgnoreCase(recipient.asString()))
            .map(PendingAnswer::answer)
            .orElseGet(() -> rule.answer(recipient.getLocalPart(), recipient.getDomain().asString()))
            .toCompletableFuture()
            .join();
    }

    private void count(String outcome) {
        metrics.generate("rcpt_" + outcome.toLowerCase(Locale.ROOT)).increment();
    }

    private static void log(SMTPSession session, MailAddress recipient, RecipientAnswer answer) {
        LOGGER.info("event=rcpt-refused session={} client={} domain={} outcome={} code={}", session.getSessionID(),
            session.getRemoteAddress().getAddress().getHostAddress(), recipient.getDomain().asString(), answer.outcome(), answer.code());
        LOGGER.debug("event=rcpt-refused session={} rcpt={}", session.getSessionID(), recipient);
    }
}
