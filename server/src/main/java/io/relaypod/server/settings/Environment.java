package io.relaypod.server.settings;

import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.relaypod.configuration.ConfigurationProblem;

/** Reads variables and collects their problems. For one thread. */
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

    /** The name of this machine or pod, which Kubernetes and shells set; empty if it is not set. */
    String hostName() {
        return values.getOrDefault("HOSTNAME", "").strip().toLowerCase(Locale.ROOT);
    }

    /** The text of each variable, or its default if it is not set or wrong. */
    Map<Variable, String> texts() {
        return Arrays.stream(Variable.values())
                .collect(Collectors.toMap(
                        Function.identity(),
                        variable -> unreadable.contains(variable) ? variable.defaultValue() : text(variable),
                        (one, other) -> one,
                        () -> new EnumMap<>(Variable.class)));
    }

    /** Notes unknown names, and placeholders in any variable. */
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
     * The value, or the default after noting that the value does not have the variable's form.
     *
     * @param parser accepts the default, and each value of the variable's form
     */
    <T> T read(Variable variable, Function<String, T> parser) {
        if (variable.accepts(text(variable))) {
            return parser.apply(text(variable));
        }
        unreadable.add(variable);
        findings.fault(problem(variable).expected(variable.expected()));
        return parser.apply(variable.defaultValue());
    }

    /** The same, empty if the value is. */
    <T> Optional<T> optional(Variable variable, Function<String, T> parser) {
        return read(variable, value -> value.isEmpty() ? Optional.empty() : Optional.of(parser.apply(value)));
    }

    String word(Variable variable) {
        return read(variable, Function.identity());
    }

    boolean isTrue(Variable variable) {
        return read(variable, Boolean::parseBoolean);
    }

    int integer(Variable variable) {
        return read(variable, Integer::parseInt);
    }

    long bytes(Variable variable) {
        return read(variable, VariableForms::toBytes);
    }

    Duration duration(Variable variable) {
        return read(variable, VariableForms::toDuration);
    }

    Optional<ListenAddress> address(Variable variable) {
        return read(
                variable, value -> value.equals("off") ? Optional.empty() : Optional.of(ListenAddress.parse(value)));
    }

    /** An absolute path; empty if the value is. */
    Optional<Path> path(Variable variable) {
        return optional(variable, Path::of).map(Path::toAbsolutePath);
    }

    /** The path as it is written, after noting the problem if a check of the file fails; empty if the value is. */
    Optional<Path> file(Variable variable, FileCheck check) {
        Optional<Path> file = optional(variable, Path::of);
        file.ifPresent(path -> {
            try {
                check.accept(path);
            } catch (IOException | CertificateException unusable) {
                reject(variable, "it cannot be read: " + unusable);
            } catch (IllegalArgumentException wrong) {
                reject(variable, String.valueOf(wrong.getMessage()));
            }
        });
        return file;
    }

    interface FileCheck {

        void accept(Path file) throws IOException, CertificateException;
    }

    /** Notes a value that has the right form and cannot be used. */
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

    /** Reads webadmin.properties, and notes its problems. */
    WebAdminProperties webAdminProperties(Path jamesConf, Path dataDir) {
        return WebAdminProperties.read(jamesConf, dataDir, findings);
    }

    /** Notes a value that can be used and is probably a mistake. */
    void warn(Variable variable, String why) {
        findings.warn(problem(variable, why));
    }

    void throwIfWrong() {
        findings.throwIfWrong();
    }
}
