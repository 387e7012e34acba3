package io.relaypod.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.relaypod.server.metrics.BuildInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** pom.xml has the version; all other files follow it. */
class ReleaseVersionTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern REVISION = Pattern.compile("<revision>(.+)</revision>");
    // Where files that cannot read pom.xml name it: an image's tag, a chart, an image's tag in Kustomize, a chart's tag
    // in Flux.
    private static final Pattern NAMED = Pattern.compile(
            "(?:\\brelaypod(?:-lab)?|\\$image):(\\d+\\.\\d+\\.\\d+[\\w.-]*)|\\bnewTag: (\\d[^\\s}]*)|(?m)^(?:version|appVersion): \"?(\\d[^\"\\s]*)"
                    + "|\\b(?:tag|semver): \"?(\\d[^\"\\s]*)");
    private static final List<String> PLACES = List.of("docs", "docker", "helm", "k8s", "README.md", "compose.yaml");
    private static final long SCRIPT_SECONDS = 30;

    @TempDir
    private Path copy;

    @Test
    void eachModuleAndTheProgramHaveTheVersionOfThePom() throws IOException {
        String version = version(ROOT);

        try (Stream<Path> poms = Files.find(
                ROOT, 3, (file, attributes) -> file.getFileName().toString().equals("pom.xml"))) {
            assertThat(poms.filter(pom -> !pom.toString().contains("target")))
                    .hasSizeGreaterThan(5)
                    .allSatisfy(pom -> assertThat(Files.readString(pom))
                            .contains("<version>${revision}</version>")
                            .doesNotContain("<version>" + version));
        }
        assertThat(BuildInfo.read().relaypod()).isEqualTo(version);
        assertThat(resource("/io/relaypod/server/webadmin/openapi.yaml")).contains("\n  version: " + version + "\n");
    }

    @Test
    void everyFileThatNamesAReleaseNamesTheOneOfThePom() throws IOException {
        Map<String, Set<String>> named = named(ROOT);

        assertThat(named).containsKeys("k8s/overlays/prod/kustomization.yaml", "helm/relaypod/Chart.yaml");
        assertThat(named.values().stream().flatMap(Set::stream).distinct())
                .as("%s", named)
                .containsExactly(released(version(ROOT)));
    }

    @Test
    void theReleaseScriptSetsItEverywhereAndTheChangelogFollows() throws IOException, InterruptedException {
        for (String place : PLACES) {
            copy(place);
        }
        copy("pom.xml");
        copy("CHANGELOG.md");
        copy("docker/release");
        String notes = run("notes", "Unreleased");

        run("version", "9.8.7");

        assertThat(run("version")).isEqualTo("9.8.7");
        assertThat(named(copy).values().stream().flatMap(Set::stream).distinct())
                .containsExactly("9.8.7");
        assertThat(run("notes", "9.8.7")).isEqualTo(notes).contains("- ");

        run("version", "9.9.0-SNAPSHOT");

        assertThat(run("version")).isEqualTo("9.9.0-SNAPSHOT");
        assertThat(named(copy).values().stream().flatMap(Set::stream).distinct())
                .containsExactly("9.9.0");
        assertThat(Files.readString(copy.resolve("CHANGELOG.md")))
                .containsOnlyOnce("## Unreleased\n\n## 9.8.7, ")
                .containsOnlyOnce("## 9.8.7");
    }

    @Test
    void aWordThatIsNoVersionIsRefusedAndChangesNothing() throws IOException, InterruptedException {
        copy("pom.xml");
        copy("docker/release");

        assertThat(run(1, "version", "v1.2")).contains("\"v1.2\" is no version", "1.2.3");
        assertThat(version(copy)).isEqualTo(version(ROOT));
    }

    private String run(String... arguments) throws IOException, InterruptedException {
        return run(0, arguments);
    }

    private String run(int exitCode, String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("bash", copy.resolve("docker/release").toString()));
        command.addAll(List.of(arguments));
        Process script = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(script.waitFor(SCRIPT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(script.exitValue()).as(output).isEqualTo(exitCode);
        return output.strip();
    }

    private void copy(String place) throws IOException {
        for (Path file : files(ROOT.resolve(place))) {
            Path target = copy.resolve(ROOT.relativize(file).toString());
            Files.createDirectories(target.getParent());
            if (!Files.exists(target)) {
                Files.copy(file, target);
            }
        }
    }

    private static Map<String, Set<String>> named(Path root) throws IOException {
        Map<String, Set<String>> named = new TreeMap<>();
        for (String place : PLACES) {
            for (Path file : files(root.resolve(place))) {
                Set<String> versions = NAMED.matcher(Files.readString(file))
                        .results()
                        .flatMap(match -> Stream.of(1, 2, 3, 4).map(match::group))
                        .filter(version -> version != null)
                        .collect(Collectors.toCollection(TreeSet::new));
                if (!versions.isEmpty()) {
                    named.put(root.relativize(file).toString(), versions);
                }
            }
        }
        return named;
    }

    private static List<Path> files(Path place) throws IOException {
        // Links of the chart lead to files that are read anyway.
        try (Stream<Path> files = Files.walk(place)) {
            return files.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        }
    }

    private static String version(Path root) throws IOException {
        return REVISION.matcher(Files.readString(root.resolve("pom.xml")))
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
    }

    private static String released(String version) {
        return version.replace("-SNAPSHOT", "");
    }

    private static String resource(String name) {
        try (InputStream file = ReleaseVersionTest.class.getResourceAsStream(name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
