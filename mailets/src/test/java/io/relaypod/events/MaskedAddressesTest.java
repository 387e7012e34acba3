package io.relaypod.events;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MaskedAddressesTest {

    @Test
    void theLocalPartOfEveryAddressIsMaskedAndNothingElse() {
        assertThat(MaskedAddresses.in("550 5.1.1 <some.one+tag@example.com>: no such user, nor other@example.org"))
            .isEqualTo("550 5.1.1 <***@example.com>: no such user, nor ***@example.org");
        assertThat(MaskedAddresses.in("250 2.0.0 Ok: queued as abc")).isEqualTo("250 2.0.0 Ok: queued as abc");
        assertThat(MaskedAddresses.in("meet @ noon")).isEqualTo("meet @ noon");
    }
}
