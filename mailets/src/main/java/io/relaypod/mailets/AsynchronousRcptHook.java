package io.relaypod.mailets;

import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.RcptHook;

/**
 * A hook that may have to wait for its answer. James knows only hooks that hold a thread meanwhile, which is one of the
 * few that serve all connections; a server that knows this one lets the client wait and nobody else.
 */
public interface AsynchronousRcptHook extends RcptHook {

    /**
     * Begins to find the answer. Looks at the session only before it returns.
     *
     * @return completes on any thread and never exceptionally; the answer is to be taken once, on the session's thread
     */
    CompletionStage<Supplier<HookResult>> ask(SMTPSession session, MailAddress recipient);

    /** Waits for the answer, where a server does not know better. */
    @Override
    default HookResult doRcpt(SMTPSession session, MaybeSender sender, MailAddress recipient) {
        return ask(session, recipient).toCompletableFuture().join().get();
    }
}
