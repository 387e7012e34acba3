package io.relaypod.server.webadmin;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.Variable;

/** The environment variables. Passwords in a URL are masked. Files with secrets are named, and not read. */
public final class RelayConfiguration {

    private static final Pattern USER_INFO = Pattern.compile("(?<=://)[^/@\\s]+(?=@)");
    private static final Pattern SECRET_PARAMETER = Pattern.compile("(?i)([a-z]*(?:password|secret|token)=)[^&;,\\s]*");
    private static final String MASK = "***";

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
                            masked(value), isDefault, isUsed ? isDefault ? "default" : "environment" : "not used"));
        });
        return shown;
    }

    static String masked(String value) {
        return SECRET_PARAMETER
                .matcher(USER_INFO.matcher(value).replaceAll(MASK))
                .replaceAll("$1" + MASK);
    }
}
