package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TurnsTest {

    @Test
    void a_mailbox_that_is_longer_than_any_has_a_short_name_of_its_own() {
        String one = "x".repeat(60_000) + "@one.example";
        String other = "x".repeat(60_000) + "@other.example";

        assertThat(Turns.shortened("office@example.com")).isEqualTo("office@example.com");
        assertThat(Turns.shortened(one))
                .hasSizeLessThan(400)
                .isNotEqualTo(Turns.shortened(other))
                .isEqualTo(Turns.shortened(one));
    }
}
