package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SenderSlotsTest {

    @Test
    void a_mailbox_that_is_longer_than_any_has_a_short_name_of_its_own() {
        String one = "x".repeat(60_000) + "@one.example";
        String other = "x".repeat(60_000) + "@other.example";

        assertThat(SenderSlots.shortened("office@example.com")).isEqualTo("office@example.com");
        assertThat(SenderSlots.shortened(one))
                .hasSizeLessThan(400)
                .isNotEqualTo(SenderSlots.shortened(other))
                .isEqualTo(SenderSlots.shortened(one));
    }
}
