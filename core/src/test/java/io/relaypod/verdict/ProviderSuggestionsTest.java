package io.relaypod.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProviderSuggestionsTest {

    @ParameterizedTest
    @CsvSource({
        "gmial.com, gmail.com, true", // two swapped
        "gmil.com, gmail.com, true", // one missing
        "gmaill.com, gmail.com, true", // one too many
        "gmail.con, gmail.com, true", // one wrong, the last
        "xmail.com, gmail.com, true", // one wrong, the first
        "mgail.com, gmail.com, true", // the first two swapped
        "gmail.co, gmail.com, true",
        "gmail.com, gmail.com, false",
        "gmali.cmo, gmail.com, false",
        "gmial.con, gmail.com, false",
        "g.com, gmail.com, false",
        "a, '', true",
        "'', '', false",
    })
    void oneEditIsOneLetterMissingTooManyWrongOrTwoSwapped(String typed, String meant, boolean oneEdit) {
        assertThat(ProviderSuggestions.isOneEditAway(typed, meant)).isEqualTo(oneEdit);
        Stream.of(typed)
                .filter(text -> !text.isEmpty())
                .forEach(text -> assertThat(ProviderSuggestions.isOneEditAway(meant, text))
                        .as("the other way round")
                        .isEqualTo(oneEdit));
    }
}
