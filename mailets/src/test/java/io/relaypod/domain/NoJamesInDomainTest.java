package io.relaypod.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules outlive the James release they run on: DESIGN.md. */
class NoJamesInDomainTest {

    private static final List<String> JAMES = List.of("org/apache/james", "org/apache/mailet", "org.apache.james", "org.apache.mailet", "javax/mail");

    @ParameterizedTest
    @ValueSource(strings = {"domain", "events"})
    void noClassOfTheDomainNamesJames(String folder) throws Exception {
        assertThat(classes(folder)).hasSizeGreaterThan(5).allSatisfy(file -> assertThat(text(file)).doesNotContain(JAMES));
    }

    @Test
    void aClassThatNamesJamesIsSeenToNameIt() throws Exception {
        assertThat(classes("mailets")).anySatisfy(file -> assertThat(text(file)).contains("org/apache/james"));
    }

    private static List<Path> classes(String folder) throws IOException, URISyntaxException {
        Path domain = Path.of(MailDomain.class.getProtectionDomain().getCodeSource().getLocation().toURI()).resolve("io/relaypod");
        try (Stream<Path> files = Files.walk(domain.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(".class")).toList();
        }
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }
}
