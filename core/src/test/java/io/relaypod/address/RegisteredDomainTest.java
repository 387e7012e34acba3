package io.relaypod.address;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegisteredDomainTest {

    @ParameterizedTest
    @CsvSource({
        "a.example.com, example.com",
        "b.a.example.com, example.com",
        "a.shop.co.jp, shop.co.jp",
        "a.office.lan, office.lan",
        "a.b.fake.test, fake.test",
        "_dmarc.a_b.example.com, example.com",
        "a.my_host.lan, my_host.lan"
    })
    void isWhatSomebodyRegisteredAboveTheName(String name, String registered) {
        assertThat(RegisteredDomain.above(name)).contains(registered);
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.com", "com", "typo.co.jp", "co.jp", "localhost", "office.lan", "x.co.us"})
    void isNoneAboveANameThatIsOneItself(String name) {
        assertThat(RegisteredDomain.above(name)).isEmpty();
    }
}
