package io.relaypod.mailets;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import javax.inject.Inject;

import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.hook.RcptHook;

import io.relaypod.domain.RecipientAnswer;
import io.relaypod.domain.RecipientAnswer.Outcome;
import io.relaypod.domain.RecipientRule;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEvents;

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
 * {@code rcpt_<outcome>} and told to {@link MailEvents}. Thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5321#section-5.1">RFC 5321 section 5.1</a>
 */
public final class MxRcptHook implements RcptHook {

    private final RecipientRule rule;
    private final Map<Outcome, Metric> outcomes;
    private final MailEvents events;

    @Inject
    public MxRcptHook(RecipientRule rule, MetricFactory metrics, MailEvents events) {
        this.rule = rule;
        this.outcomes = Arrays.stream(Outcome.values()).collect(Collectors.toMap(Function.identity(),
            outcome -> metrics.generate("rcpt_" + outcome.name().toLowerCase(Locale.ROOT)), (one, other) -> one, () -> new EnumMap<>(Outcome.class)));
        this.events = events;
    }

    @Override
    public HookResult doRcpt(SMTPSession session, MaybeSender sender, MailAddress recipient) {
        if (!session.isRelayingAllowed()) {
            return HookResult.DECLINED;
        }
        // What Jakarta Mail cannot put into a RCPT command would be dropped on the way out, after we said 250.
        boolean sendable = recipient.toInternetAddress().isPresent() && recipient.asString().chars().noneMatch(Character::isISOControl);
        RecipientAnswer answer = sendable ? answer(session, recipient) : RecipientAnswer.BAD_ADDRESS;
        outcomes.get(answer.outcome()).increment();
        if (answer.isAccepted()) {
            events.tell(new RecipientAccepted(Clients.of(session), sender.asString(""), recipient.asString(), answer));
            return HookResult.DECLINED;
        }
        events.tell(new RecipientRefused(Clients.of(session), sender.asString(""), recipient.asString(), answer));
        return HookResult.builder()
            .hookReturnCode(answer.isTemporary() ? HookReturnCode.denySoft() : HookReturnCode.deny())
            .smtpReturnCode(Integer.toString(answer.code()))
            .smtpDescription(answer.text())
            .build();
    }

    private RecipientAnswer answer(SMTPSession session, MailAddress recipient) {
        return session.removeAttachment(PendingAnswer.KEY, State.Connection)
            .filter(pending -> pending.recipient().equals(recipient))
            .map(PendingAnswer::answer)
            .orElseGet(() -> rule.answer(recipient.getLocalPart(), recipient.getDomain().asString()))
            .toCompletableFuture()
            .join();
    }
}
