package io.relaypod.server.smtp;

import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HeloHook;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;

/**
 * Refuses a HELO or EHLO name that is longer than a domain can be. The name is part of the reply and of the Received
 * field.
 */
public final class HeloNameHook implements HeloHook {

    // RFC 5321 4.5.3.1.2
    private static final int MAX_LENGTH = 255;

    private static final HookResult TOO_LONG = HookResult.builder()
            .hookReturnCode(HookReturnCode.deny())
            .smtpReturnCode("501")
            .smtpDescription("5.5.4 Domain name too long")
            .build();

    @Override
    public HookResult doHelo(SMTPSession session, String name) {
        if (name.length() <= MAX_LENGTH) {
            return HookResult.DECLINED;
        }
        session.removeAttachment(SMTPSession.CURRENT_HELO_NAME, State.Connection);
        return TOO_LONG;
    }
}
