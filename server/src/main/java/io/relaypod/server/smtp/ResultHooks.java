package io.relaypod.server.smtp;

import java.util.List;
import java.util.concurrent.TimeUnit;

import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.Hook;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookResultHook;

/**
 * The {@link HookResultHook}s of smtpserver.xml. Each receives the result of a hook and may change it. Immutable.
 *
 * @param hooks in their order
 */
record ResultHooks(List<HookResultHook> hooks) {

    static final ResultHooks NONE = new ResultHooks(List.of());

    ResultHooks {
        hooks = List.copyOf(hooks);
    }

    /** @param extensions as James wires them */
    static ResultHooks of(List<?> extensions) {
        return new ResultHooks(
                extensions.stream().map(HookResultHook.class::cast).toList());
    }

    /**
     * Passes the result through all of them in their order.
     *
     * @param begin when the hook was called, by {@link System#nanoTime()}
     * @return the result of the last one
     */
    HookResult after(SMTPSession session, Hook hook, long begin, HookResult result) {
        HookResult seen = result;
        for (HookResultHook each : hooks) {
            seen = each.onHookResult(session, seen, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin), hook);
        }
        return seen;
    }
}
