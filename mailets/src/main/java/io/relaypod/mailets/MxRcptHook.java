package io.relaypod.mailets;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import javax.inject.Inject;

import io.relaypod.dns.ClientNetwork;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientRule;
import org.apache.james.core.MailAddress;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;

/**
 * Refuses, at RCPT, recipients whose domain cannot receive mail; the other recipients of the mail go on.
 *
 * <p>In smtpserver.xml:
 *
 * <pre>{@code
 * <handlerchain coreHandlersPackage="io.relaypod.server.smtp.RelayHandlers">
 *   <handler class="io.relaypod.mailets.MxRcptHook"/>
 * </handlerchain>
 * }</pre>
 *
 * <p>Clients that may not relay are left to James' relaying rule: no stranger makes us ask DNS. Each answer is told to
 * {@link MailEventPublisher}. Thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5321#section-5.1">RFC 5321 section 5.1</a>
 */
public final class MxRcptHook implements AsynchronousRcptHook {

    private final RecipientRule rule;
    private final MailEventPublisher events;

    @Inject
    public MxRcptHook(RecipientRule rule, MailEventPublisher events) {
        this.rule = rule;
        this.events = events;
    }

    @Override
    public CompletionStage<Supplier<HookResult>> ask(SMTPSession session, MailAddress recipient) {
        if (!session.isRelayingAllowed()) {
            return CompletableFuture.completedFuture(() -> HookResult.DECLINED);
        }
        return rule.answer(
                        recipient.asString(),
                        ClientNetwork.at(session.getRemoteAddress().getAddress()))
                .thenApply(answer -> () -> result(session, recipient, answer));
    }

    private HookResult result(SMTPSession session, MailAddress recipient, RecipientAnswer answer) {
        if (answer.isAccepted()) {
            events.publish(new RecipientAccepted(
                    SmtpTransaction.client(session), SmtpTransaction.sender(session), recipient.asString(), answer));
            return HookResult.DECLINED;
        }
        events.publish(new RecipientRefused(
                SmtpTransaction.client(session), SmtpTransaction.sender(session), recipient.asString(), answer));
        return HookResult.builder()
                .hookReturnCode(answer.isTemporary() ? HookReturnCode.denySoft() : HookReturnCode.deny())
                .smtpReturnCode(Integer.toString(answer.code()))
                .smtpDescription(answer.text())
                .build();
    }
}
