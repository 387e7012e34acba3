package io.relaypod.server.jamesconf;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import javax.mail.MessagingException;

import com.google.inject.Guice;
import com.google.inject.Injector;
import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.mailets.ParameterException;
import org.apache.commons.configuration2.Configuration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.james.mailetcontainer.impl.MatcherConfigImpl;
import org.apache.james.protocols.api.handler.ProtocolHandler;
import org.apache.mailet.Mailet;
import org.apache.mailet.MailetConfig;
import org.apache.mailet.Matcher;
import org.apache.mailet.ProcessingState;

/**
 * Gives its parameters to a mailet, matcher or handler that only reads them: James' and ours that ask for nothing else.
 * What they refuse, they would refuse at the start. An admin's own are not tried, as they may do anything. Thread-safe.
 */
final class TrialRun {

    private static final Set<Class<?>> AVAILABLE = Set.of(MailEventPublisher.class);
    private static final Predicate<String> ONLY_READ_PARAMETERS =
            name -> name.startsWith("org.apache.james.") || name.startsWith("io.relaypod.mailets.");

    private final Injector injector =
            Guice.createInjector(binder -> binder.bind(MailEventPublisher.class).toInstance(event -> {}));

    /**
     * What came of it.
     *
     * @param problem in the mailet's own words
     * @param processors that it needs
     */
    record TrialResult(Optional<ConfigurationProblem> problem, List<String> processors) {

        private static final TrialResult NOTHING = new TrialResult(Optional.empty(), List.of());
    }

    TrialResult ofMailet(Class<?> type, MailetConfig config) {
        if (!isTried(type)) {
            return TrialResult.NOTHING;
        }
        try {
            Mailet mailet = (Mailet) injector.getInstance(type);
            mailet.init(config);
            return new TrialResult(
                    Optional.empty(),
                    mailet.requiredProcessingState().stream()
                            .map(ProcessingState::getValue)
                            .toList());
        } catch (ParameterException refused) {
            return new TrialResult(Optional.of(refused.problem()), List.of());
        } catch (MessagingException | IllegalArgumentException refused) {
            return new TrialResult(Optional.of(ConfigurationProblem.of(words(refused))), List.of());
        } catch (RuntimeException | LinkageError needsMore) {
            return TrialResult.NOTHING; // such as the mailet's context, which is there at the start only
        }
    }

    Optional<String> ofMatcher(Class<?> type, String name, Optional<String> condition) {
        if (!isTried(type)) {
            return Optional.empty();
        }
        MatcherConfigImpl config = new MatcherConfigImpl();
        config.setMatcherName(name);
        condition.ifPresent(config::setCondition);
        try {
            ((Matcher) injector.getInstance(type)).init(config);
            return Optional.empty();
        } catch (MessagingException | IllegalArgumentException refused) {
            return Optional.of(words(refused));
        } catch (RuntimeException | LinkageError needsMore) {
            return Optional.empty();
        }
    }

    Optional<String> ofHandler(Class<?> type, Configuration parameters) {
        if (!isTried(type)) {
            return Optional.empty();
        }
        try {
            ((ProtocolHandler) injector.getInstance(type)).init(parameters);
            return Optional.empty();
        } catch (ConfigurationException
                | org.apache.commons.configuration2.ex.ConversionException
                | IllegalArgumentException refused) {
            return Optional.of(words(refused));
        } catch (RuntimeException | LinkageError needsMore) {
            return Optional.empty();
        }
    }

    private static boolean isTried(Class<?> type) {
        return ONLY_READ_PARAMETERS.test(type.getName()) && NamedClasses.asksOnlyFor(AVAILABLE, type);
    }

    private static String words(Exception refused) {
        return Optional.ofNullable(refused.getMessage())
                .orElseGet(() -> refused.getClass().getSimpleName());
    }
}
