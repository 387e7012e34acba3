package io.relaypod.docs;

import static java.util.function.Predicate.not;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Links, sections and classes that the documentation names exist, and the index leads to every page. */
class DocumentationTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path INDEX = ROOT.resolve("docs/README.md");

    private static final Set<String> GENERATED = Set.of(".git", "target", "node_modules", ".relaypod");
    private static final Pattern TEXT_FILE =
            Pattern.compile(".*\\.(java|xml|ya?ml|json|py|args|properties|example|md)|.*/[A-Za-z-]+");

    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:|mailto:)([^)\\s#]*)(?:#([^)\\s]*))?\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
    private static final Pattern PAGE_NAMED_IN_TEXT = Pattern.compile("(?<![\\w/.-])docs/[\\w/-]+\\.md(?:#([\\w-]+))?");
    private static final Pattern CODE_BLOCK = Pattern.compile("(?s)```.*?```|(?m)^ {4,}.*$");
    // At least two humps: `StripCalendar` is a class, `Host` and `INFO` are not.
    private static final Pattern CLASS_NAME = Pattern.compile(
            "(?:`|\\[(?=\\w+\\]\\([^)]*\\.java))(?:[a-z]\\w*\\.)*([A-Z][a-z0-9]+[A-Z][A-Za-z0-9]*)[`\\]]");
    private static final Set<String> OTHER_CAMEL_CASE = Set.of("SendMail", "PlainAuth");

    private static List<Path> files;

    @BeforeAll
    static void findFiles() throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                return GENERATED.contains(directory.getFileName().toString())
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile()
                        && TEXT_FILE.matcher(file.toString()).matches()) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        files = List.copyOf(found);
    }

    @Test
    void everyLinkLeadsToAFileAndToASectionOfIt() {
        List<String> broken = new ArrayList<>();
        for (Path page : pages()) {
            LINK.matcher(withoutCode(page)).results().forEach(link -> {
                Path target = link.group(1).isEmpty()
                        ? page
                        : page.resolveSibling(link.group(1)).normalize();
                if (!Files.exists(target)) {
                    broken.add(ROOT.relativize(page) + ": no file " + link.group(1));
                } else if (link.group(2) != null && !sections(target).contains(link.group(2))) {
                    broken.add(
                            ROOT.relativize(page) + ": no section " + link.group(2) + " in " + ROOT.relativize(target));
                }
            });
        }

        assertThat(broken).isEmpty();
    }

    @Test
    void everyPageThatCodeAndConfigurationNameExists() {
        List<String> broken = new ArrayList<>();
        for (Path file : files) {
            PAGE_NAMED_IN_TEXT.matcher(read(file)).results().forEach(mention -> {
                Path page = ROOT.resolve(mention.group().replaceAll("#.*", ""));
                if (!Files.exists(page)
                        || mention.group(1) != null && !sections(page).contains(mention.group(1))) {
                    broken.add(ROOT.relativize(file) + ": " + mention.group());
                }
            });
        }

        assertThat(broken).isEmpty();
    }

    @Test
    void theIndexLeadsToEveryPage() {
        Set<Path> reached = new TreeSet<>(Set.of(INDEX));
        ArrayDeque<Path> open = new ArrayDeque<>(reached);
        while (!open.isEmpty()) {
            Path page = open.pop();
            LINK.matcher(withoutCode(page))
                    .results()
                    .map(link -> page.resolveSibling(link.group(1)).normalize())
                    .filter(target -> target.toString().endsWith(".md") && Files.exists(target))
                    .filter(reached::add)
                    .forEach(open::push);
        }

        assertThat(pages().stream().filter(page -> page.startsWith(ROOT.resolve("docs"))))
                .hasSizeGreaterThan(15)
                .allSatisfy(page -> assertThat(reached).contains(page));
    }

    @Test
    void everyClassThatThePagesNameExists() {
        Set<String> known = classes();
        Map<String, String> unknown = new HashMap<>();
        for (Path page : pages()) {
            if (page.endsWith("graph-errors.md")) {
                continue; // its names are Graph's, and GraphErrorsTest holds them to the code
            }
            CLASS_NAME
                    .matcher(withoutCode(page))
                    .results()
                    .map(name -> name.group(1))
                    .filter(not(known::contains))
                    .filter(not(OTHER_CAMEL_CASE::contains))
                    .forEach(name -> unknown.put(name, ROOT.relativize(page).toString()));
        }

        assertThat(unknown).isEmpty();
    }

    /** Simple names: of the repository's sources, and of the libraries on the class path. */
    private static Set<String> classes() {
        Stream<String> ours = files.stream()
                .map(Path::toString)
                .filter(file -> file.endsWith(".java"))
                .map(file -> Path.of(file).getFileName().toString().replace(".java", ""));
        Stream<String> libraries = Stream.of(
                        System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.endsWith(".jar"))
                .flatMap(DocumentationTest::classesOf);
        return Stream.concat(ours, libraries).collect(Collectors.toSet());
    }

    private static Stream<String> classesOf(String jar) {
        try (ZipFile zip = new ZipFile(jar)) {
            return zip.stream()
                    .map(entry -> entry.getName().replaceAll(".*[/$]", ""))
                    .filter(name -> name.endsWith(".class"))
                    .map(name -> name.replace(".class", ""))
                    .toList()
                    .stream();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static List<Path> pages() {
        return files.stream().filter(file -> file.toString().endsWith(".md")).toList();
    }

    /** As GitHub makes the anchor of a heading. */
    private static List<String> sections(Path page) {
        return HEADING.matcher(read(page))
                .results()
                .map(heading -> anchor(heading))
                .toList();
    }

    private static String anchor(MatchResult heading) {
        return heading.group(1)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-');
    }

    private static String withoutCode(Path page) {
        return CODE_BLOCK.matcher(read(page)).replaceAll("");
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
