package io.relaypod.server.smtp;

import java.util.List;

import org.apache.james.protocols.lib.handler.HandlersPackage;
import org.apache.james.protocols.smtp.core.ExpnCmdHandler;
import org.apache.james.protocols.smtp.core.HelpCmdHandler;
import org.apache.james.protocols.smtp.core.NoopCmdHandler;
import org.apache.james.protocols.smtp.core.PostmasterAbuseRcptHook;
import org.apache.james.protocols.smtp.core.QuitCmdHandler;
import org.apache.james.protocols.smtp.core.RsetCmdHandler;
import org.apache.james.protocols.smtp.core.UnknownCmdHandler;
import org.apache.james.protocols.smtp.core.VrfyCmdHandler;
import org.apache.james.smtpserver.AddDefaultAttributesMessageHook;
import org.apache.james.smtpserver.JamesWelcomeMessageHandler;

/**
 * The SMTP commands and hooks of a relay: James' core, with our own where James' answer, log line or cost is not what a
 * relay wants. They come behind those that smtpserver.xml names.
 *
 * <pre>{@code
 * <handlerchain coreHandlersPackage="io.relaypod.server.smtp.RelayHandlers" enableJmx="false">
 * }</pre>
 */
public final class RelayHandlers implements HandlersPackage {

    private static final List<String> HANDLERS = List.<Class<?>>of(
                    JamesWelcomeMessageHandler.class,
                    RelayCommands.class,
                    UncalledHandlerCheck.class,
                    RelayDataCmdHandler.class,
                    RelayEhloCmdHandler.class,
                    ExpnCmdHandler.class,
                    RelayHeloCmdHandler.class,
                    HeloNameHook.class,
                    HelpCmdHandler.class,
                    RelayMailCmdHandler.class,
                    NoopCmdHandler.class,
                    QuitCmdHandler.class,
                    RelayRcptCmdHandler.class,
                    RsetCmdHandler.class,
                    VrfyCmdHandler.class,
                    MessageSizeLimit.class,
                    RelayNetworksHook.class,
                    PostmasterAbuseRcptHook.class,
                    MessageReceiver.class,
                    RelayStartTlsCmdHandler.class,
                    RelayAuthCmdHandler.class,
                    LoginRules.class,
                    AddDefaultAttributesMessageHook.class,
                    UnknownCmdHandler.class,
                    UnknownCommandHook.class)
            .stream()
            .map(Class::getName)
            .toList();

    /** Whether the handler is one of these. */
    static boolean contains(Object handler) {
        return HANDLERS.contains(handler.getClass().getName());
    }

    @Override
    public List<String> getHandlers() {
        return HANDLERS;
    }
}
