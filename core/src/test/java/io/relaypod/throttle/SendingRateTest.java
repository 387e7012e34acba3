package io.relaypod.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SendingRateTest {

    @Test
    void aRateIsANumberOfMailsAndAUnit() {
        assertThat(SendingRate.parse("30/m")).isEqualTo(new SendingRate(30, Duration.ofMinutes(1)));
        assertThat(SendingRate.parse("1/s")).isEqualTo(new SendingRate(1, Duration.ofSeconds(1)));
        assertThat(SendingRate.parse("500/h")).isEqualTo(new SendingRate(500, Duration.ofHours(1)));
        assertThat(SendingRate.parse("10000/d")).isEqualTo(new SendingRate(10_000, Duration.ofDays(1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "30", "/m", "0/m", "-1/m", "30/w", "30 / m", "30/min", "100001/d", "9999999/d"})
    void anythingElseIsRefusedSayingWhatWasExpected(String text) {
        assertThatThrownBy(() -> SendingRate.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected a number of mails from 1 to 100000 and s, m, h or d, such as 30/m");
    }
}
