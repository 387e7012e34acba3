package io.relaypod.server.smtp;

import javax.inject.Inject;

import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.mailets.SmtpTransaction;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.AbstractAuthRequiredToRelayRcptHook;
import org.apache.james.protocols.smtp.hook.HookResult;

/**
 * Accepts recipients only from the clients in {@code <authorizedAddresses>}; all others get {@code 550 5.7.1}. No
 * domain is local: without these addresses in smtpserver.xml the relay accepts nothing.
 */
public final class RelayNetworksHook extends AbstractAuthRequiredToRelayRcptHook {

    private final MailEventPublisher events;

    @Inject
    public RelayNetworksHook(MailEventPublisher events) {
        this.events = events;
    }

    @Override
    public HookResult doRcpt(SMTPSession session, MaybeSender sender, MailAddress recipient) {
        HookResult result = super.doRcpt(session, sender, recipient);
        if (!session.isRelayingAllowed()) {
            events.publish(new RecipientRefused(
                    SmtpTransaction.client(session),
                    sender.asString(""),
                    recipient.asString(),
                    new RecipientAnswer(
                            Outcome.NOT_OUR_CLIENT,
                            Integer.parseInt(result.getSmtpRetCode()),
                            result.getSmtpDescription())));
        }
        return result;
    }

    @Override
    protected boolean isLocalDomain(Domain domain) {
        return false;
    }
}
