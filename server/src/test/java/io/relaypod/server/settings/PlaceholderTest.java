package io.relaypod.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlaceholderTest {

    @ParameterizedTest
    @ValueSource(strings = {"CHANGE-ME", "CHANGE_ME", "CHANGEME", "admin:CHANGE-ME", "https://CHANGE-ME.example/x"})
    void theWordStandsForAValueOfTheAdmins(String text) {
        assertThat(Placeholder.isIn(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "exchange-meetings@corp.example",
                "gestion.changement@exemple.fr",
                "exchange-messaging",
                "EXCHANGE-MEETINGS",
                "change-me-not@example.com"
            })
    void anOrdinaryWordDoesNot(String text) {
        assertThat(Placeholder.isIn(text)).isFalse();
    }
}
