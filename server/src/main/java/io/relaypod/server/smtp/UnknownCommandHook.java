package io.relaypod.server.smtp;

import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.hook.UnknownHook;

/** Answers an unknown command without repeating it. James repeats up to a whole line. */
public final class UnknownCommandHook implements UnknownHook {

    private static final HookResult UNRECOGNIZED = HookResult.builder()
            .hookReturnCode(HookReturnCode.deny())
            .smtpReturnCode("500")
            .smtpDescription("5.5.2 Command unrecognized")
            .build();

    @Override
    public HookResult doUnknown(SMTPSession session, String command) {
        return UNRECOGNIZED;
    }
}
