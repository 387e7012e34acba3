package io.relaypod.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DomainSetTest {

    @Test
    void anEntryIsTheDomainAndWithADotItsSubdomainsToo() {
        DomainSet domains = DomainSet.parse(
                List.of("# a comment", "", "plain.example", ".deep.example # with a comment", "Bücher.example"));

        assertThat(contains(domains, "plain.example")).isTrue();
        assertThat(contains(domains, "PLAIN.example.")).isTrue();
        assertThat(contains(domains, "sub.plain.example")).isFalse();
        assertThat(contains(domains, "deep.example")).isTrue();
        assertThat(contains(domains, "a.b.deep.example")).isTrue();
        assertThat(contains(domains, "notdeep.example")).isFalse();
        assertThat(contains(domains, "xn--bcher-kva.example")).isTrue();
        assertThat(contains(domains, "example")).isFalse();
        assertThat(domains.size()).isEqualTo(3);
    }

    @Test
    void aWrongLineIsNamedByItsNumber() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DomainSet.parse(List.of("a.example", "not a domain")))
                .withMessage("line 2 is 'not a domain'; expected a domain, or .domain for its sub-domains too");
    }

    @Test
    void aChangedFileIsTakenAndABrokenOneIsNot(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("list"), "old.example\n");
        DomainListFile list = new DomainListFile(file);

        Files.writeString(file, "new.example\n");
        list.reloadIfChanged();
        assertThat(contains(list.get(), "new.example")).isTrue();
        assertThat(contains(list.get(), "old.example")).isFalse();

        Files.writeString(file, "broken line\n");
        list.reloadIfChanged();
        assertThat(contains(list.get(), "new.example")).isTrue();

        Files.delete(file);
        list.reloadIfChanged();
        assertThat(contains(list.get(), "new.example")).isTrue();

        Files.writeString(file, "back.example\n");
        list.reloadIfChanged();
        assertThat(contains(list.get(), "back.example")).isTrue();
    }

    @Test
    void aMountedLinkThatLeadsToAnotherFileIsAChange(@TempDir Path directory) throws Exception {
        Path first = Files.writeString(directory.resolve("first"), "aaa.example\n");
        Path second = Files.writeString(directory.resolve("second"), "bbb.example\n");
        Files.setLastModifiedTime(
                second, FileTime.fromMillis(Files.getLastModifiedTime(first).toMillis()));
        Path link = Files.createSymbolicLink(directory.resolve("list"), first);
        DomainListFile list = new DomainListFile(link);

        Files.delete(link);
        Files.createSymbolicLink(link, second);
        list.reloadIfChanged();

        assertThat(contains(list.get(), "bbb.example")).isTrue();
    }

    private static boolean contains(DomainSet domains, String domain) {
        return domains.contains(MailDomain.parse(domain).orElseThrow());
    }
}
