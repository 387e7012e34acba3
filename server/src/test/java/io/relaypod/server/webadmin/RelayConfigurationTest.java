package io.relaypod.server.webadmin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;

import io.relaypod.server.settings.Variable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelayConfigurationTest {

    @ParameterizedTest
    @CsvSource({
        "tcp://artemis:61616?user=relay&password=s3cret&retry=1, tcp://artemis:61616?user=relay&password=***&retry=1",
        "tcp://relay:s3cret@artemis:61616, tcp://***@artemis:61616",
        "tcp://a:1?keyStorePassword=x;trustStorePassword=y, tcp://a:1?keyStorePassword=***;trustStorePassword=***",
        "127.0.0.1:8000, 127.0.0.1:8000",
        "boss@example.com, boss@example.com"
    })
    void secretsInUrlsAreMaskedAndNothingElseIs(String written, String shown) {
        assertThat(RelayConfiguration.masked(written)).isEqualTo(shown);
    }

    @Test
    void itIsToldWhatIsTheDefault() {
        assertThat(RelayConfiguration.shown(Map.of(Variable.UPSTREAM_PORT, "1025")))
                .containsEntry("UPSTREAM_PORT", new RelayConfiguration.ConfiguredValue("1025", true));
        assertThat(RelayConfiguration.shown(Map.of(Variable.UPSTREAM_PORT, "2525")))
                .containsEntry("UPSTREAM_PORT", new RelayConfiguration.ConfiguredValue("2525", false));
    }
}
