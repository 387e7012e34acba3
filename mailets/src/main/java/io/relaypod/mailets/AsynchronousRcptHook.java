package io.relaypod.mailets;

import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.RcptHook;

/**
 * A RCPT hook whose result comes later. James' hooks hold an I/O thread while they wait, and with it all its
 * connections. The relay's server lets only the client of this hook wait.
 */
public interface AsynchronousRcptHook extends RcptHook {

    /**
     * Starts to determine the result. Reads the session only before it returns.
     *
     * @return completes on any thread and never exceptionally; the supplier is called once, on the session's thread
     */
    CompletionStage<Supplier<HookResult>> ask(SMTPSession session, MailAddress recipient);

    /** Waits for the result, on a server that does not know this interface. */
    @Override
    default HookResult doRcpt(SMTPSession session, MaybeSender sender, MailAddress recipient) {
        return ask(session, recipient).toCompletableFuture().join().get();
    }
}
