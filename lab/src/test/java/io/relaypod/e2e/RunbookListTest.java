package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

/** Checks that a test follows each runbook of the documentation. */
class RunbookListTest {

    private static final List<String> PAGES = List.of("docs/alerts.md", "docs/operations.md");
    private static final Pattern SECTION = Pattern.compile("(?m)^## (.+)$");
    private static final Set<String> REFERENCES = Set.of("docs/operations.md#the-log");

    @Test
    void everyRunbookHasATestAndEveryTestedRunbookExists() throws Exception {
        Set<String> played = new TreeSet<>();
        playing()
                .forEach(test ->
                        played.addAll(List.of(test.getAnnotation(Runbook.class).value())));

        assertThat(played).isEqualTo(runbooks());
    }

    @Test
    void everyMethodWithARunbookIsAnEnabledTest() throws Exception {
        assertThat(playing())
                .allMatch(method -> method.isAnnotationPresent(Test.class))
                .noneMatch(method -> method.isAnnotationPresent(Disabled.class));
    }

    private static Set<String> runbooks() throws IOException {
        Set<String> runbooks = new TreeSet<>();
        for (String page : PAGES) {
            SECTION.matcher(Files.readString(Path.of("..").resolve(page)))
                    .results()
                    .map(section -> page + "#" + anchor(section.group(1)))
                    .forEach(runbooks::add);
        }
        assertThat(runbooks).containsAll(REFERENCES);
        runbooks.removeAll(REFERENCES);
        return runbooks;
    }

    private static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9 -]", "").replace(' ', '-');
    }

    private static List<Method> playing() throws Exception {
        Path classes = Path.of(RunbookListTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files = Files.walk(classes)) {
            return files.map(file -> classes.relativize(file).toString())
                    .filter(name -> name.endsWith("Test.class"))
                    .map(name -> name.replace(".class", "").replace('/', '.'))
                    .flatMap(name -> Arrays.stream(loaded(name).getDeclaredMethods()))
                    .filter(method -> method.isAnnotationPresent(Runbook.class))
                    .collect(Collectors.toList());
        }
    }

    private static Class<?> loaded(String name) {
        try {
            return Class.forName(name, false, RunbookListTest.class.getClassLoader());
        } catch (ClassNotFoundException notBuilt) {
            throw new AssertionError(notBuilt);
        }
    }
}
