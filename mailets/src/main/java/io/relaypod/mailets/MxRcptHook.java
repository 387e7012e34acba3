package io.relaypod.mailets;

import javax.inject.Inject;

import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.hook.RcptHook;

import io.relaypod.domain.RecipientAnswer;
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
 * <p>Clients that may not relay are left to James' relaying rule: no stranger makes us ask DNS. Each answer is told to
 * {@link MailEvents}. Thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5321#section-5.1">RFC 5321 section 5.1</a>
 */
public final class MxRcptHook implements RcptHook {

    private final RecipientRule rule;
    private final MailEvents events;

    @Inject
    public MxRcptHook(RecipientRule rule, MailEvents events) {
        this.rule = rule;
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
