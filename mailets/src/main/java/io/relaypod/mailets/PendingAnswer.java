package io.relaypod.mailets;

import java.util.concurrent.CompletionStage;

import org.apache.james.core.MailAddress;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;

import io.relaypod.domain.RecipientAnswer;

/**
 * An answer asked for before James runs the RCPT command, so that the command line can wait for DNS instead of a thread.
 *
 * @param recipient whom the client named
 * @param answer    what {@link io.relaypod.domain.RecipientRule} will say of it
 */
public record PendingAnswer(MailAddress recipient, CompletionStage<RecipientAnswer> answer) {

    /** Where the SMTP server leaves it for {@link MxRcptHook}. */
    public static final AttachmentKey<PendingAnswer> KEY = AttachmentKey.of("relaypod.pendingAnswer", PendingAnswer.class);
}
