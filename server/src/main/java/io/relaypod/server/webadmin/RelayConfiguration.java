package io.relaypod.server.webadmin;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

import io.relaypod.configuration.UrlSecrets;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.Variable;

/** The environment variables. Passwords in a URL are masked. Files with secrets are named, and not read. */
public final class RelayConfiguration {

    private RelayConfiguration() {}

    /**
     * One variable.
     *
     * @param value as it is written in the environment, or the default
     * @param source {@code default}, {@code environment}, or {@code not used} if the XML files, by which the variable
     *     takes effect, do not name it
     */
    public record ConfiguredValue(String value, boolean isDefault, String source) {}

    /** All variables in the order of the documentation. */
    public static Map<String, ConfiguredValue> shown(Settings settings) {
        Set<String> named = JamesXml.namedVariables(settings.jamesConf());
        Set<Variable> byXml = settings.forJames().keySet();
        Map<String, ConfiguredValue> shown = new LinkedHashMap<>();
        settings.variables().forEach((variable, value) -> {
            boolean isDefault = value.equals(variable.defaultValue());
            boolean isUsed = !byXml.contains(variable) || named.contains(variable.name());
            shown.put(
                    variable.name(),
                    new ConfiguredValue(
                            UrlSecrets.masked(value),
                            isDefault,
                            isUsed ? isDefault ? "default" : "environment" : "not used"));
        });
        return shown;
    }
}
