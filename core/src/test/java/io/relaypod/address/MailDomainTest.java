package io.relaypod.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MailDomainTest {

    @ParameterizedTest
    @CsvSource({
        "example.com,            example.com",
        "EXAMPLE.com,            example.com",
        "example.com.,           example.com",
        "Example.COM.,           example.com",
        "localhost,              localhost",
        "b\u00fccher.example,         xn--bcher-kva.example",
        "B\u00dcCHER.Example.,        xn--bcher-kva.example",
        "xn--bcher-kva.example,  xn--bcher-kva.example",
        "XN--BCHER-KVA.EXAMPLE,  xn--bcher-kva.example",
        "b\u00fccher\u3002example,         xn--bcher-kva.example",
        "\u4f8b\u3048.\u30c6\u30b9\u30c8,                xn--r8jz45g.xn--zckzah",
        "_dmarc.example.com,     _dmarc.example.com",
        "a--b.example,           a--b.example"
    })
    void everySpellingOfADomainIsTheSameDomain(String written, String canonical) {
        assertThat(MailDomain.parse(written))
                .contains(new MailDomain(canonical))
                .get()
                .hasToString(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ".",
                "..",
                ".example.com",
                "example..com",
                "example.com..",
                "exa mple.com",
                " example.com",
                "example.com ",
                "example.com\r\n",
                "exa\u0000mple.com",
                "a@example.com",
                "[192.0.2.1]",
                "example.com/",
                "ex%61mple.com",
                "a:25",
                "b\u00fccher..example",
                "\u00ad.example",
                "\ud800.example",
                "\u3002",
                "b\u00fc cher.example",
                "*.example.com",
                "\\e.example"
            })
    void aDomainThatCannotExistIsNone(String written) {
        assertThat(MailDomain.parse(written)).isEmpty();
    }

    @Test
    void aLabelHasAtMost63Characters() {
        assertThat(MailDomain.parse("a".repeat(63) + ".example")).isPresent();
        assertThat(MailDomain.parse("a".repeat(64) + ".example")).isEmpty();
        assertThat(MailDomain.parse("\u00fc".repeat(63) + ".example")).isEmpty();
    }

    @Test
    void aNameHasAtMost253CharactersWithoutTheLastDot() {
        String longest = ("a".repeat(63) + ".").repeat(3) + "b".repeat(61);

        assertThat(longest).hasSize(253);
        assertThat(MailDomain.parse(longest)).isPresent();
        assertThat(MailDomain.parse(longest + ".")).isPresent();
        assertThat(MailDomain.parse(longest + "b")).isEmpty();
    }

    @Test
    void theLongestNameFitsIntoAQuestion() {
        String longest = ("a".repeat(63) + ".").repeat(3) + "b".repeat(61);

        assertThat(new MailDomain(longest).absolute().length()).isEqualTo((short) 255);
    }

    @Test
    void itsNameInDnsIsAbsolute() {
        assertThat(new MailDomain("example.com").absolute().isAbsolute()).isTrue();
        assertThat(new MailDomain("example.com").absolute()).hasToString("example.com.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Example.com", "example.com.", "b\u00fccher.example", ""})
    void onlyTheCanonicalSpellingMakesOneDirectly(String other) {
        assertThatThrownBy(() -> new MailDomain(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(other);
    }
}
