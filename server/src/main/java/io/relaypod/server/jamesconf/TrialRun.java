package io.relaypod.server.jamesconf;

import java.util.ArrayList;
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
import org.apache.commons.configuration2.ex.ConversionException;
import org.apache.james.mailetcontainer.impl.MatcherConfigImpl;
import org.apache.james.protocols.api.handler.ProtocolHandler;
import org.apache.mailet.Mailet;
import org.apache.mailet.MailetConfig;
import org.apache.mailet.Matcher;

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
    record TrialResult(Optional<ConfigurationProblem> problem, List<String> processors) {}

    TrialResult ofMailet(Class<?> type, MailetConfig config) {
        List<String> processors = new ArrayList<>();
        Optional<ConfigurationProblem> problem = of(type, tried -> {
            Mailet mailet = (Mailet) tried;
            mailet.init(config);
            mailet.requiredProcessingState().forEach(state -> processors.add(state.getValue()));
        });
        return new TrialResult(problem, processors);
    }

    Optional<String> ofMatcher(Class<?> type, String name, Optional<String> condition) {
        MatcherConfigImpl config = new MatcherConfigImpl();
        config.setMatcherName(name);
        condition.ifPresent(config::setCondition);
        return of(type, matcher -> ((Matcher) matcher).init(config)).map(ConfigurationProblem::toString);
    }

    Optional<String> ofHandler(Class<?> type, Configuration parameters) {
        return of(type, handler -> ((ProtocolHandler) handler).init(parameters)).map(ConfigurationProblem::toString);
    }

    private interface Trial {

        void run(Object tried) throws MessagingException, ConfigurationException;
    }

    private Optional<ConfigurationProblem> of(Class<?> type, Trial trial) {
        if (!isTried(type)) {
            return Optional.empty();
        }
        try {
            trial.run(injector.getInstance(type));
            return Optional.empty();
        } catch (ParameterException refused) {
            return Optional.of(refused.problem());
        } catch (MessagingException | ConfigurationException | ConversionException | IllegalArgumentException refused) {
            return Optional.of(ConfigurationProblem.of(Optional.ofNullable(refused.getMessage())
                    .orElseGet(() -> refused.getClass().getSimpleName())));
        } catch (RuntimeException | LinkageError needsMore) {
            return Optional.empty(); // such as the mailet's context, which is there at the start only
        }
    }

    private static boolean isTried(Class<?> type) {
        return ONLY_READ_PARAMETERS.test(type.getName()) && NamedClasses.asksOnlyFor(AVAILABLE, type);
    }
}
