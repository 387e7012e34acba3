package io.relaypod.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules outlive the James release they run on: DESIGN.md. */
class NoJamesInDomainTest {

    // mime4j is a library, which James' project keeps and which knows nothing of the server.
    private static final Pattern JAMES = Pattern.compile("org[/.]apache[/.](?:james[/.](?!mime4j[/.])|mailet[/.])");
    private static final Pattern MAIL_OF_JAMES = Pattern.compile("javax[/.]mail[/.]");

    @ParameterizedTest
    @ValueSource(
            strings = {"domain", "events", "calendar", "recipients", "graph", "pacing", "logins", "memory", "mime"})
    void noClassOfTheDomainNamesJames(String folder) throws Exception {
        assertThat(classes(folder))
                .hasSizeGreaterThan(2)
                .allSatisfy(file -> assertThat(text(file)).doesNotContainPattern(JAMES));
    }

    /**
     * Jakarta Mail under its old name is what James' mails are made of. {@code mime} has its encodings of bytes, and of
     * it nothing else.
     */
    @ParameterizedTest
    @ValueSource(strings = {"domain", "events", "calendar", "recipients", "graph", "pacing", "logins", "memory"})
    void noClassOfTheDomainNamesTheMailsThatJamesHandsRound(String folder) throws Exception {
        assertThat(classes(folder)).allSatisfy(file -> assertThat(text(file)).doesNotContainPattern(MAIL_OF_JAMES));
    }

    @Test
    void whatReadsMimeTakesOnlyTheEncodingsOfJakartaMail() throws Exception {
        assertThat(classes("mime"))
                .allSatisfy(file -> assertThat(text(file))
                        .doesNotContainPattern(
                                "javax[/.]mail[/.](?!MessagingException\\b|internet[/.]MimeUtility\\b)"));
    }

    @Test
    void aClassThatNamesJamesIsSeenToNameIt() throws Exception {
        assertThat(classes("mailets")).anySatisfy(file -> assertThat(text(file)).containsPattern(JAMES));
    }

    private static List<Path> classes(String folder) throws IOException, URISyntaxException {
        Path domain = Path.of(MailDomain.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .resolve("io/relaypod");
        try (Stream<Path> files = Files.walk(domain.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(".class")).toList();
        }
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }
}
