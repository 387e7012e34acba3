package io.relaypod.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListenAddressTest {

    @ParameterizedTest
    @CsvSource({"127.0.0.1:1, true", "127.9.9.9:1, true", "localhost:1, true", ":1, false", "0.0.0.0:1, false", "192.0.2.1:1, false",
        "[::]:1, false", "no-such-host.invalid:1, false"})
    void loopbackIsWhatNobodyOutsideReaches(String written, boolean loopback) {
        assertThat(ListenAddress.parse(written).isLoopback()).isEqualTo(loopback);
    }
}
