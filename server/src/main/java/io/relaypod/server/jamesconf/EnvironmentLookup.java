package io.relaypod.server.jamesconf;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.relaypod.server.settings.Settings;
import org.apache.commons.configuration2.interpol.Lookup;

/**
 * What {@code ${env:NAME}} stands for in james-conf: relaypod's own variables as they were read, with their defaults
 * and in the form that James takes; any other from the environment. Immutable.
 */
public final class EnvironmentLookup implements Lookup {

    private final Map<String, String> ours;
    private final Map<String, String> environment;

    public EnvironmentLookup(Settings settings, Map<String, String> environment) {
        this.ours = settings.forJames().entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(entry -> entry.getKey().name(), Map.Entry::getValue));
        this.environment = Map.copyOf(environment);
    }

    @Override
    public Object lookup(String name) {
        // Commons Configuration asks for null when there is no such variable, and then leaves the text as it is.
        return Optional.ofNullable(ours.get(name)).orElseGet(() -> environment.get(name));
    }

    /** All that can be asked for. */
    Set<String> names() {
        return Stream.concat(ours.keySet().stream(), environment.keySet().stream())
                .collect(Collectors.toUnmodifiableSet());
    }
}
