package io.relaypod.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;

class DnsSettingsTest {

    private static final InetSocketAddress ONE = new InetSocketAddress("127.0.0.1", 53);
    private static final InetSocketAddress OTHER = new InetSocketAddress("127.0.0.2", 53);

    @Test
    void aQuestionTakesAtMostEveryTryAtEveryServer() {
        assertThat(new DnsSettings(List.of(ONE), Duration.ofSeconds(2), 2).longestWait())
                .isEqualTo(Duration.ofSeconds(4));
        assertThat(new DnsSettings(List.of(ONE, OTHER), Duration.ofMillis(500), 3).longestWait())
                .isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void withoutAServerNothingCanBeAsked() {
        assertThatThrownBy(() -> new DnsSettings(List.of(), Duration.ofSeconds(2), 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("DNS server");
    }
}
