package io.relaypod.lab.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeAddressesTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a@example.com                          | a@example.com",
                "A <a@example.com>, b@example.com       | a@example.com b@example.com",
                "\"Doe, J.\" <j@example.com>            | j@example.com",
                "Doe, J. <j@example.com>                | - j@example.com",
                "Team: a@example.com, B <b@example.com>;| a@example.com b@example.com",
                "undisclosed-recipients:;               | ``",
                "a@example.com (home, sweet)            | a@example.com",
                "Name a@example.com                     | a@example.com",
                "\"x@y\" <a@example.com>                | a@example.com",
                "a@example.com; b@example.com           | a@example.com b@example.com",
                "<a@example.com                         | a@example.com",
                "\"open <a@example.com>                 | a@example.com",
                "nobody                                 | -",
            })
    void parsesAsSmtp2graphDoes(String field, String expected) {
        assertThat(String.join(
                        " ",
                        NodeAddresses.parse(field).stream()
                                .map(a -> a.isEmpty() ? "-" : a)
                                .toList()))
                .isEqualTo(expected);
    }
}
