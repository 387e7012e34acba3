package io.relaypod.mime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

import io.relaypod.address.AddressList;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressCountTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "`a@x.com`, 1",
                "`a@x.com, b@x.com`, 2",
                "`\"Doe, John\" <a@x.com>, b@x.com`, 2",
                "`\"say \\\", x\" <a@x.com>`, 1",
                "`(\") a@x.com, b@x.com, c@x.com (\")`, 3",
                "`=?utf-8?q?\"?= <a@x.com>, b@x.com, c@x.com`, 3",
                "` , , `, 0"
            })
    void addressesAreCountedByTheirSeparators(String field, int addresses) {
        assertThat(count(field)).isEqualTo(addresses);
    }

    @Property(tries = 5_000)
    void neverFewerAreCountedThanAReaderFinds(@ForAll("fields") String field) {
        assertThat(count(field))
                .isGreaterThanOrEqualTo(AddressList.parse(field)
                        .map(list -> list.mailboxes().size())
                        .orElse(0));
    }

    private static long count(String field) {
        AddressCount count = new AddressCount();
        count.beginField();
        int half = field.length() / 2;
        count.add(field.substring(0, half));
        count.add(field.substring(half));
        return count.count();
    }

    @Provide
    Arbitrary<String> fields() {
        return Arbitraries.of(List.of(
                        "a@x.com",
                        "b",
                        ",",
                        ",",
                        ";",
                        ":",
                        "\"",
                        "\\",
                        "(",
                        ")",
                        "<",
                        ">",
                        "[",
                        "]",
                        " ",
                        "=",
                        "?",
                        "=?u?q?",
                        "?=",
                        "=?u?q?\"?=",
                        "=?u?q?,?="))
                .list()
                .ofMaxSize(30)
                .map(pieces -> String.join("", pieces));
    }
}
