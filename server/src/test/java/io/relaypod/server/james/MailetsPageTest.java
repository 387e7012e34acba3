package io.relaypod.server.james;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.google.common.reflect.ClassPath;
import io.relaypod.server.jamesconf.NamedClasses;
import io.relaypod.server.metrics.MeterNames;
import org.apache.mailet.Mailet;
import org.apache.mailet.Matcher;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/mailets.md lists every mailet and matcher that is in, and every one of James' that is not. */
class MailetsPageTest {

    private static final Pattern NAME = Pattern.compile("`([A-Z]\\w+)`");

    @TempDir
    private static Path data;

    private static NamedClasses classes;
    private static String page;

    @BeforeAll
    static void read() throws Exception {
        classes = RelayAssembly.of(
                        Map.of("DATA_DIR", data.toString(), "JAMES_CONF", "../james-conf"), MeterNames.registry())
                .classes();
        page = Files.readString(Path.of("../docs/mailets.md"));
    }

    @Test
    void everyMailetOfJamesIsWhereItBelongs() throws Exception {
        assertThat(names("Mailets of James")).isEqualTo(ofJames("mailets", Mailet.class, true));
    }

    @Test
    void everyMatcherOfJamesIsWhereItBelongs() throws Exception {
        assertThat(names("Matchers of James")).isEqualTo(ofJames("matchers", Matcher.class, true));
    }

    @Test
    void whatCannotBeUsedIsListedAsNotIn() throws Exception {
        Set<String> leftOut = new TreeSet<>(ofJames("mailets", Mailet.class, false));
        leftOut.addAll(ofJames("matchers", Matcher.class, false));

        assertThat(names("Not in relaypod")).isEqualTo(leftOut);
    }

    @Test
    void everyMailetAndMatcherOfRelaypodIsListed() throws Exception {
        List<String> ours = Stream.of("io.relaypod.mailets", "io.relaypod.gateway")
                .flatMap(name -> topLevel(name).stream())
                .filter(info ->
                        Mailet.class.isAssignableFrom(info.load()) || Matcher.class.isAssignableFrom(info.load()))
                .map(info -> "`" + info.getName() + "`")
                .toList();

        assertThat(ours).isNotEmpty().allSatisfy(name -> assertThat(page).contains(name));
    }

    private static Set<String> names(String section) {
        String text = page.substring(page.indexOf("## " + section));
        String table = text.lines()
                .dropWhile(line -> !line.startsWith("| ---"))
                .skip(1)
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> line.substring(1, line.indexOf('|', 1)))
                .collect(Collectors.joining());
        return NAME.matcher(table).results().map(name -> name.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> ofJames(String packageName, Class<?> kind, boolean isUsable) {
        return topLevel("org.apache.james.transport." + packageName).stream()
                .filter(info -> isConcrete(info, kind))
                .filter(info -> classes.problem(info.load(), kind, packageName).isEmpty() == isUsable)
                .map(ClassPath.ClassInfo::getSimpleName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isConcrete(ClassPath.ClassInfo info, Class<?> kind) {
        Class<?> type = info.load();
        return kind.isAssignableFrom(type) && !type.isInterface() && !Modifier.isAbstract(type.getModifiers());
    }

    private static Set<ClassPath.ClassInfo> topLevel(String packageName) {
        try {
            return ClassPath.from(MailetsPageTest.class.getClassLoader()).getTopLevelClasses(packageName);
        } catch (java.io.IOException unreadable) {
            throw new java.io.UncheckedIOException(unreadable);
        }
    }
}
