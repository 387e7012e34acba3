package io.relaypod.server.james;

import java.util.Optional;
import java.util.stream.Stream;
import javax.mail.MessagingException;

import com.google.common.base.Throwables;
import io.relaypod.server.settings.InvalidSettingsException;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.ex.ConfigurationRuntimeException;
import org.apache.commons.configuration2.ex.ConversionException;
import org.apache.james.protocols.api.handler.WiringException;
import org.apache.james.protocols.lib.handler.ProtocolHandlerLoader.LoadingException;

/** Tells a start that failed by what an admin wrote in james-conf, which only James could find, from any other. */
final class StartFailure {

    private StartFailure() {}

    /** The exception, or what it says about the configuration. An error is thrown as it is. */
    static Exception of(Throwable failure) {
        Throwables.throwIfInstanceOf(failure, Error.class);
        return Throwables.getCausalChain(failure).stream().anyMatch(InvalidSettingsException.class::isInstance)
                ? (Exception) failure
                : Throwables.getCausalChain(failure).stream()
                        .filter(StartFailure::isConfiguration)
                        .findFirst()
                        .<Exception>map(StartFailure::inWords)
                        .orElse((Exception) failure);
    }

    private static boolean isConfiguration(Throwable cause) {
        return Stream.of(
                        ConfigurationException.class,
                        ConfigurationRuntimeException.class,
                        ConversionException.class,
                        MessagingException.class,
                        WiringException.class,
                        LoadingException.class)
                .anyMatch(kind -> kind.isInstance(cause));
    }

    private static InvalidSettingsException inWords(Throwable cause) {
        String words = Throwables.getCausalChain(cause).stream()
                .map(Throwable::getMessage)
                .flatMap(message -> Optional.ofNullable(message).stream())
                .distinct()
                .reduce((outer, inner) -> outer.contains(inner) ? outer : outer + ": " + inner)
                .orElseGet(cause::toString);
        InvalidSettingsException wrong = new InvalidSettingsException("james-conf: " + words);
        wrong.initCause(cause);
        return wrong;
    }
}
