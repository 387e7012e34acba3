package io.relaypod.server.smtp;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.google.common.reflect.TypeToken;
import org.apache.james.protocols.api.handler.CommandHandler;
import org.apache.james.protocols.api.handler.ConnectHandler;
import org.apache.james.protocols.api.handler.DisconnectHandler;
import org.apache.james.protocols.api.handler.ExtensibleHandler;
import org.apache.james.protocols.api.handler.ProtocolHandler;
import org.apache.james.protocols.api.handler.ProtocolHandlerResultHandler;
import org.apache.james.protocols.api.handler.WiringException;
import org.apache.james.protocols.smtp.core.DataLineMessageHookHandler;
import org.apache.james.protocols.smtp.core.esmtp.EhloExtension;
import org.apache.james.protocols.smtp.hook.Hook;
import org.apache.james.smtpserver.DataLineJamesMessageHookHandler;
import org.apache.james.smtpserver.SendMailHandler;

/**
 * Stops the start if a handler of smtpserver.xml would not be called at a stage that it implements, and names the
 * handler. Otherwise an admin's virus filter could be disabled without a message.
 */
public final class UncalledHandlerCheck implements ProtocolHandler, ExtensibleHandler {

    // Interfaces that are no stage
    private static final Set<Class<?>> NO_STAGES = Set.of(ProtocolHandler.class, Hook.class);
    private static final Set<Class<?>> OF_THE_CONNECTION = Set.of(ConnectHandler.class, DisconnectHandler.class);
    // They would store the mail, or lose it, in place of SpoolDataLineFilter.
    private static final Set<Class<?>> IN_PLACE_OF_OURS =
            Set.of(DataLineMessageHookHandler.class, DataLineJamesMessageHookHandler.class, SendMailHandler.class);
    private static final Set<String> OUR_COMMANDS = Set.of("MAIL", "RCPT", "DATA");

    @Override
    public List<Class<?>> getMarkerInterfaces() {
        return List.of(ProtocolHandler.class);
    }

    @Override
    public void wireExtensions(Class<?> type, List<?> handlers) throws WiringException {
        Set<Class<?>> stages = Stream.concat(
                        OF_THE_CONNECTION.stream(),
                        handlers.stream()
                                .filter(handler -> handler instanceof ExtensibleHandler && handler != this)
                                .flatMap(handler -> ((ExtensibleHandler) handler).getMarkerInterfaces().stream()))
                // A reply that is pending is shown to none of them.
                .filter(stage -> !stage.equals(ProtocolHandlerResultHandler.class))
                .collect(Collectors.toSet());
        for (Object handler : handlers) {
            if (!RelayHandlers.contains(handler)) {
                check(handler, stages);
            }
        }
    }

    private static void check(Object handler, Set<Class<?>> stages) throws WiringException {
        String name = handler.getClass().getName();
        List<Class<?>> made = TypeToken.of(handler.getClass()).getTypes().interfaces().rawTypes().stream()
                .filter(face -> ProtocolHandler.class.isAssignableFrom(face) && !NO_STAGES.contains(face)
                        || face.equals(EhloExtension.class))
                .<Class<?>>map(face -> face)
                .toList();
        List<String> unserved = made.stream()
                .filter(face -> stages.stream().noneMatch(stage -> stage.isAssignableFrom(face)))
                .map(Class::getSimpleName)
                .toList();
        if (made.isEmpty() || !unserved.isEmpty()) {
            throw new WiringException("smtpserver.xml: " + name + " would never be called as "
                    + (made.isEmpty() ? "it is no handler of SMTP" : String.join(", ", unserved)) + "; leave it out");
        }
        if (IN_PLACE_OF_OURS.stream().anyMatch(kind -> kind.isInstance(handler)) || hasOurCommand(handler)) {
            throw new WiringException("smtpserver.xml: " + name
                    + " would take the place of the relay's own handler of mail; leave it out");
        }
    }

    private static boolean hasOurCommand(Object handler) {
        Collection<?> commands = handler instanceof CommandHandler<?> verbs ? verbs.getImplCommands() : List.of();
        return commands.stream()
                .anyMatch(command -> OUR_COMMANDS.contains(command.toString().toUpperCase(Locale.ROOT)));
    }
}
