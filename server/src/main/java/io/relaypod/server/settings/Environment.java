package io.relaypod.server.settings;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.relaypod.configuration.ConfigurationProblem;

/** Reads variables and notes what is wrong with them, so that it can be said all at once. For one thread. */
final class Environment {

    private static final Set<String> OURS =
            Arrays.stream(Variable.values()).map(Variable::name).collect(Collectors.toUnmodifiableSet());

    private final Map<String, String> values;
    private final ConfigurationFindings findings;
    private final Set<Variable> unreadable = EnumSet.noneOf(Variable.class);

    Environment(Map<String, String> values, ConfigurationFindings findings) {
        this.values = Map.copyOf(values);
        this.findings = findings;
    }

    String text(Variable variable) {
        String value = values.getOrDefault(variable.name(), "").strip();
        return value.isEmpty() ? variable.defaultValue() : value;
    }

    /** The name of this machine or pod, as Kubernetes and shells set it; empty if none does. */
    String hostName() {
        return values.getOrDefault("HOSTNAME", "").strip().toLowerCase(Locale.ROOT);
    }

    /** Each variable as it is written, or its default if it is not set or could not be read. */
    Map<Variable, String> texts() {
        return Arrays.stream(Variable.values())
                .collect(Collectors.toMap(
                        Function.identity(),
                        variable -> unreadable.contains(variable) ? variable.defaultValue() : text(variable),
                        (one, other) -> one,
                        () -> new EnumMap<>(Variable.class)));
    }

    /** Notes what is wrong with variables as such, whatever they are for. */
    void checkNames() {
        UnknownVariables.check(values, findings);
        values.keySet().stream()
                .filter(name -> Placeholder.isIn(values.getOrDefault(name, "")))
                .sorted()
                .forEach(name -> {
                    ConfigurationProblem problem = Placeholder.problem(ConfigurationProblem.of(name));
                    if (OURS.contains(name)) {
                        findings.fault(problem);
                    } else {
                        findings.warn(problem);
                    }
                });
    }

    /**
     * @param parser throws {@link IllegalArgumentException} for a value that is not as expected; takes the default
     * @return the parsed value, or the parsed default after noting the problem
     */
    <T> T read(Variable variable, Function<String, T> parser) {
        String value = text(variable);
        try {
            return parser.apply(value);
        } catch (IllegalArgumentException wrong) {
            unreadable.add(variable);
            findings.fault(problem(variable).expected(variable.expected()));
            return parser.apply(variable.defaultValue());
        }
    }

    /** Notes a value that is well-formed and cannot be used here. */
    void reject(Variable variable, String why) {
        findings.fault(problem(variable, why).expected(variable.expected()));
    }

    private ConfigurationProblem problem(Variable variable) {
        boolean isHidden = variable.isSecret() && !text(variable).isEmpty();
        return ConfigurationProblem.of(variable.name()).is(isHidden ? "(not shown)" : text(variable));
    }

    // The reason may repeat the value.
    private ConfigurationProblem problem(Variable variable, String why) {
        return problem(variable).then("; " + ConfigurationProblem.shown(why));
    }

    /** Reads webadmin.properties, and notes what is wrong there. */
    WebAdminProperties webAdminProperties(Path jamesConf, Path dataDir) {
        return WebAdminProperties.read(jamesConf, dataDir, findings);
    }

    /** Notes a value that can be used, and is probably not meant. */
    void warn(Variable variable, String why) {
        findings.warn(problem(variable, why));
    }

    void throwIfWrong() {
        findings.throwIfWrong();
    }
}
