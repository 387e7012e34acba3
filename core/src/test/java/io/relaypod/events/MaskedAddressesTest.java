package io.relaypod.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MaskedAddressesTest {

    @Test
    void theLocalPartOfEveryAddressIsMaskedAndNothingElse() {
        assertThat(MaskedAddresses.in("550 5.1.1 <some.one+tag@example.com>: no such user, nor other@example.org"))
                .isEqualTo("550 5.1.1 <***@example.com>: no such user, nor ***@example.org");
        assertThat(MaskedAddresses.in("250 2.0.0 Ok: queued as abc")).isEqualTo("250 2.0.0 Ok: queued as abc");
        assertThat(MaskedAddresses.in("meet @ noon")).isEqualTo("meet @ noon");
    }

    @Test
    void aLocalPartInQuotesIsMaskedToo() {
        assertThat(MaskedAddresses.in("for \"john \\\" doe\"@example.com, all")).isEqualTo("for ***@example.com, all");
        assertThat(MaskedAddresses.in("\"john doe\"@example.com")).isEqualTo("***@example.com");
    }

    @ParameterizedTest
    @ValueSource(strings = {"@", "a@", "\"@", "a", "\"a@b"})
    void aLongTextIsReadOnce(String part) {
        // In time that grows with the square of the length these would take minutes.
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> MaskedAddresses.in(part.repeat(1_000_000)));
    }
}
