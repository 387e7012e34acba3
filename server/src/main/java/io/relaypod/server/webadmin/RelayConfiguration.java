package io.relaypod.server.webadmin;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

import io.relaypod.server.settings.Variable;

/**
 * The variables as they are shown: what may be a password in a URL is masked. Files that hold secrets are named, not
 * read.
 */
final class RelayConfiguration {

    private static final Pattern USER_INFO = Pattern.compile("(?<=://)[^/@\\s]+(?=@)");
    private static final Pattern SECRET_PARAMETER = Pattern.compile("(?i)([a-z]*(?:password|secret|token)=)[^&;,\\s]*");
    private static final String MASK = "***";

    private RelayConfiguration() {}

    /**
     * One variable.
     *
     * @param value as it is written in the environment, or the default
     */
    record ConfiguredValue(String value, boolean isDefault) {}

    static Map<String, ConfiguredValue> shown(Map<Variable, String> variables) {
        Map<String, ConfiguredValue> shown = new LinkedHashMap<>();
        variables.forEach((variable, value) ->
                shown.put(variable.name(), new ConfiguredValue(masked(value), value.equals(variable.defaultValue()))));
        return shown;
    }

    static String masked(String value) {
        return SECRET_PARAMETER
                .matcher(USER_INFO.matcher(value).replaceAll(MASK))
                .replaceAll("$1" + MASK);
    }
}
