package io.relaypod.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

/** docs/configuration.md and the code say the same. */
class ConfigurationPageTest {

    private static final Pattern ROW = Pattern.compile(
            "\\| `(?<name>[A-Z0-9_]+)` \\| (`(?<default>[^`]*)` )?\\| (?<form>[^|]+) \\| (?<text>[^|]+) \\|");

    @Test
    void thePageHasEveryVariableWithItsDefaultOnce() throws Exception {
        List<Matcher> rows = Files.readAllLines(Path.of("../docs/configuration.md")).stream()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .toList();
        Map<String, String> documented = new LinkedHashMap<>();
        rows.forEach(row -> assertThat(
                        documented.put(row.group("name"), row.group("default") == null ? "" : row.group("default")))
                .as("a second row for %s", row.group("name"))
                .isNull());

        Map<String, String> known = new LinkedHashMap<>();
        Stream.of(Variable.values()).forEach(variable -> known.put(variable.name(), variable.defaultValue()));
        assertThat(documented).containsExactlyInAnyOrderEntriesOf(known);
    }
}
