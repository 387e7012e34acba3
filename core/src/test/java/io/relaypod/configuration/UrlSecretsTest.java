package io.relaypod.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UrlSecretsTest {

    @ParameterizedTest
    @CsvSource({
        "tcp://artemis:61616?user=relay&password=s3cret&retry=1, tcp://artemis:61616?user=relay&password=***&retry=1",
        "tcp://relay:s3cret@artemis:61616, tcp://***@artemis:61616",
        "https:/relay:s3cret@files/ca.pem, https:/***@files/ca.pem",
        "tcp://a:1?keyStorePassword=x;trustStorePassword=y, tcp://a:1?keyStorePassword=***;trustStorePassword=***",
        "127.0.0.1:8000, 127.0.0.1:8000",
        "boss@example.com, boss@example.com"
    })
    void secretsInUrlsAreMaskedAndNothingElseIs(String written, String shown) {
        assertThat(UrlSecrets.masked(written)).isEqualTo(shown);
    }
}
