package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

/** The alerts, as Prometheus' own tool sees them, and the page that says what to do about each. */
class AlertsTest {

    private static final Path ALERTS = Path.of("../k8s/alerts");
    private static final Path RULES = ALERTS.resolve("relaypod.rules.yaml");
    private static final Path TESTS = ALERTS.resolve("relaypod.rules.test.yaml");

    @Test
    void prometheusTakesTheRules() throws Exception {
        Programs.Said said = promtool("check", "rules", RULES.getFileName().toString());

        assertThat(said.exitCode()).as(said.text()).isZero();
    }

    @Test
    void everyAlertFiresWhenItShouldAndDoesNotWhenItShouldNot() throws Exception {
        Programs.Said said = promtool("test", "rules", TESTS.getFileName().toString());

        assertThat(said.exitCode()).as(said.text()).isZero();
    }

    @Test
    void everyAlertHasATestThatFiresItAndOneThatDoesNot() throws Exception {
        List<String> tests = find(TESTS, "alertname: (\\w+)\\n +exp_alerts:( \\[\\])?").stream()
                .map(test -> test.group(1) + (test.group(2) == null ? " fires" : " does not"))
                .toList();

        assertThat(alerts())
                .isNotEmpty()
                .allSatisfy(alert -> assertThat(tests).contains(alert + " fires", alert + " does not"));
    }

    @Test
    void everyAlertSaysWhatItIsAndLeadsToItsSectionOfTheRunbook() throws Exception {
        List<String> anchors = find(Path.of("../docs/alerts.md"), "(?m)^#+ (.+)$").stream()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .toList();
        for (String rule : Files.readString(RULES).split("(?m)^ +- alert: ")) {
            if (!rule.startsWith("#")) {
                assertThat(rule)
                        .containsPattern("summary: \\S")
                        .containsPattern("description: \\S")
                        .containsPattern("severity: (critical|warning)")
                        .contains("runbook_url: docs/alerts.md#");
            }
        }
        List<String> linked = find(RULES, "runbook_url: docs/alerts\\.md#(\\S+)").stream()
                .map(link -> link.group(1))
                .toList();

        assertThat(linked).hasSameSizeAs(alerts());
        assertThat(anchors).containsAll(linked);
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

    private static Programs.Said promtool(String... arguments) throws Exception {
        Path promtool = Programs.require("promtool");
        return Programs.run(
                ALERTS,
                "",
                Stream.concat(Stream.of(promtool.toString()), Arrays.stream(arguments))
                        .toList());
    }
}
