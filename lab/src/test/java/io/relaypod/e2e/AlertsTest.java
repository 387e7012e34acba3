package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import org.junit.jupiter.api.Test;

/** The alerts, checked with promtool, and their sections in docs/alerts.md. */
class AlertsTest {

    private static final Path ALERTS = Path.of("../k8s/alerts");
    private static final Path RULES = ALERTS.resolve("relaypod.rules.yaml");
    private static final Path TESTS = ALERTS.resolve("relaypod.rules.test.yaml");

    @Test
    void promtoolAcceptsTheRules() throws Exception {
        Programs.ProgramResult said =
                promtool("check", "rules", RULES.getFileName().toString());

        assertThat(said.exitCode()).as(said.text()).isZero();
    }

    @Test
    void everyTestOfTheAlertsSucceeds() throws Exception {
        Programs.ProgramResult said =
                promtool("test", "rules", TESTS.getFileName().toString());

        assertThat(said.exitCode()).as(said.text()).isZero();
    }

    @Test
    void everyAlertHasATestInWhichItFiresAndOneInWhichItDoesNot() throws Exception {
        List<String> tests = find(TESTS, "alertname: (\\w+)\\n +exp_alerts:( \\[\\])?").stream()
                .map(test -> test.group(1) + (test.group(2) == null ? " fires" : " does not"))
                .toList();

        assertThat(alerts())
                .isNotEmpty()
                .allSatisfy(alert -> assertThat(tests).contains(alert + " fires", alert + " does not"));
    }

    @Test
    void everyAlertHasASummaryAndTheStepsOfItsSection() throws Exception {
        Map<String, String> runbooks = runbooks();
        List<JsonNode> rules = new ArrayList<>();
        new YAMLMapper().readTree(RULES.toFile()).at("/groups/0/rules").forEach(rules::add);

        assertThat(rules).hasSameSizeAs(alerts()).allSatisfy(rule -> {
            assertThat(rule.at("/labels/severity").asText()).isIn("critical", "warning");
            assertThat(rule.at("/annotations/summary").asText()).isNotBlank();
            assertThat(rule.at("/annotations/description").asText()).isNotBlank();
            assertThat(rule.at("/annotations/runbook").asText())
                    .isEqualTo(runbooks.get(rule.path("alert").asText()));
            // The rules have no address of the documentation.
            assertThat(rule.at("/annotations").has("runbook_url")).isFalse();
        });
    }

    /** The steps of each section of docs/alerts.md, one a line, with links replaced by the names of their pages. */
    private static Map<String, String> runbooks() throws Exception {
        return find(Path.of("../docs/alerts.md"), "(?s)\n## (\\w+)\n.*?\n(1\\. .*?)(?=\n## |\\z)").stream()
                .collect(Collectors.toMap(
                        section -> section.group(1),
                        section -> section.group(2)
                                .strip()
                                .replaceAll("\n {3}", " ")
                                .replaceAll("\\[([^\\]]+)]\\(#[^)]*\\)", "$1")
                                .replaceAll("\\[([^\\]]+)]\\(\\1\\.md[^)]*\\)", "docs/$1.md")
                                .replaceAll("\\[([^\\]]+)]\\(([^)#]+\\.md)[^)]*\\)", "$1 (docs/$2)")));
    }

    private static List<String> alerts() throws Exception {
        return find(RULES, "- alert: (\\w+)").stream()
                .map(alert -> alert.group(1))
                .toList();
    }

    private static List<MatchResult> find(Path file, String pattern) throws Exception {
        return Pattern.compile(pattern)
                .matcher(Files.readString(file))
                .results()
                .collect(Collectors.toList());
    }

    private static Programs.ProgramResult promtool(String... arguments) throws Exception {
        Path promtool = Programs.require("promtool");
        return Programs.run(
                ALERTS,
                "",
                Stream.concat(Stream.of(promtool.toString()), Arrays.stream(arguments))
                        .toList());
    }
}
