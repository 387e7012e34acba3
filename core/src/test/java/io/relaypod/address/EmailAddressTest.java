package io.relaypod.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EmailAddressTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "A@Example.COM | a@example.com",
                "a@example.com. | a@example.com",
                "\"a\"@example.com | a@example.com",
                "\"a\\b c\"@example.com | ab c@example.com",
                "a@b\u00fccher.example | a@xn--bcher-kva.example",
                "a@[192.0.2.1] | a@192.0.2.1"
            })
    void spellingsOfOneAddressAreEqual(String spelling, String canonical) {
        assertThat(EmailAddress.parse(spelling).map(EmailAddress::toString)).hasValue(canonical);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "@b.c", "a@", "a@b@c", "a b@c", "a@b c", "a,b@c", "a@b.c (x)", "<a@b.c>"})
    void otherTextsAreNone(String text) {
        assertThat(EmailAddress.parse(text)).isEmpty();
    }

    @Test
    void aListHasAddressesAndDomains() {
        AddressSet listed = AddressSet.parse(" Boss@Example.com ,, @example.ORG ");

        assertThat(listed.contains(EmailAddress.parse("boss@EXAMPLE.com").orElseThrow()))
                .isTrue();
        assertThat(listed.contains(EmailAddress.parse("any@example.org").orElseThrow()))
                .isTrue();
        assertThat(listed.contains(EmailAddress.parse("other@example.com").orElseThrow()))
                .isFalse();
        assertThat(listed.contains(EmailAddress.parse("any@sub.example.org").orElseThrow()))
                .isFalse();
        assertThat(AddressSet.parse(" , ").isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"boss", "@", "a@b, nobody", "a@b c@d"})
    void aWrongEntryIsNamed(String text) {
        assertThatThrownBy(() -> AddressSet.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is no mail address");
    }
}
