package io.relaypod.server.cli;

import java.lang.reflect.Constructor;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** Creates the commands. A command whose constructor takes a map gets the environment variables. Immutable. */
record CommandFactory(Map<String, String> environment) implements IFactory {

    CommandFactory {
        environment = Map.copyOf(environment);
    }

    @Override
    public <K> K create(Class<K> type) throws Exception {
        Optional<Constructor<?>> withEnvironment = Arrays.stream(type.getDeclaredConstructors())
                .filter(constructor -> Arrays.equals(constructor.getParameterTypes(), new Class<?>[] {Map.class}))
                .findFirst();
        return withEnvironment.isPresent()
                ? type.cast(withEnvironment.get().newInstance(environment))
                : CommandLine.defaultFactory().create(type);
    }
}
