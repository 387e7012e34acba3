package io.relaypod.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OwnAddressTest {

    @ParameterizedTest
    @CsvSource({
        "relaypod-7d9fcb5c6-x2x4w, relaypod, true",
        "relaypod-7d9fcb5c6-x2x4w, Relaypod.mail.svc.cluster.local, true",
        "relaypod-0, relaypod.mail, true",
        "relaypod-x2x4w, relaypod, true",
        "relay-gateway-0, relay, false",
        "mail-1, mail.example.com, false",
        "smtp-0, smtp.corp.example, false",
        "relaypod-0, mailpit, false",
        "relaypod, mailpit, false",
        "'', mailpit, false"
    })
    void theServiceInFrontOfThisPodIsTheRelayItself(String hostName, String upstream, boolean isOwn) {
        OwnAddress address = new OwnAddress(ListenAddress.parse(":25"), hostName);

        assertThat(address.isReachedBy(upstream, 25)).isEqualTo(isOwn);
        assertThat(address.isReachedBy(upstream, 1025)).isFalse();
    }
}
