package io.relaypod.logins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.IntStream;

import io.relaypod.address.EmailAddress;
import io.relaypod.throttle.SendingRate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoginsTest {

    // By htpasswd -nbBC 10 app secret12
    private static final String HTPASSWD = "$2y$10$E2CDPJQYfqAOPg/ykrjGPut9teGRe8PlcYiDyai4MizFMptvfyzbi";
    private static final String HASH = "$2b$10$" + "a".repeat(53);

    @Test
    void aLoginHasANameAHashAndWhereTheyAreWantedAddressesAndARate() {
        Logins logins = Logins.parse(List.of(
                "# ours",
                "",
                "  calcom\t" + HASH + "  rate=30/m from=noreply@example.com,@Events.example  ",
                "app@example.com " + HASH));
        assertThat(logins.size()).isEqualTo(2);
        Login calcom = logins.find("calcom").orElseThrow();
        assertThat(calcom.rate()).contains(SendingRate.parse("30/m"));
        assertThat(calcom.from().orElseThrow().contains(EmailAddress.of("anybody", "events.example")))
                .isTrue();
        assertThat(calcom.from().orElseThrow().contains(EmailAddress.of("boss", "example.com")))
                .isFalse();
        assertThat(logins.find("app@example.com").orElseThrow().from()).isEmpty();
        assertThat(logins.find("Calcom")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "calcom",
                "calcom secret",
                "calcom $2b$05$" + "01234567890123456789012345678901234567890123456789012",
                "calcom $2b$31$01234567890123456789012345678901234567890123456789012",
                "a@b@c $H",
                "a@-b $H",
                "caf\u00e9 $H",
                "x $H from=",
                "x $H from=nobody",
                "x $H from=a@example.com,",
                "x $H rate=30",
                "x $H rate=0/m",
                "x $H rate=1/m rate=2/m",
                "x $H from=a@b.example b@b.example",
                "x $H admin",
                "x:$H"
            })
    void aLineThatIsWrongIsNamedAndNothingOfItsHashIs(String line) {
        List<String> lines = List.of("right " + HASH, line.replace("$H", HASH));
        if (line.endsWith(",")) {
            assertThat(Logins.parse(lines).size())
                    .as("a comma too many does no harm")
                    .isEqualTo(2);
            return;
        }
        assertThatThrownBy(() -> Logins.parse(lines))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("line 2: ")
                .hasMessageContaining("expected")
                .message()
                .doesNotContain("aaaaaa", "0123456", "secret");
    }

    @Test
    void twoLoginsOfANameAndAFileWithoutAnyAreWrong() {
        assertThatThrownBy(() -> Logins.parse(List.of("x " + HASH, "x " + HASH)))
                .hasMessage("line 2: a second login of the name x");
        assertThatThrownBy(() -> Logins.parse(List.of("# nobody"))).hasMessageContaining("no login");
    }

    @Test
    void aHashIsOfItsPasswordAlone() {
        PasswordHash hash = PasswordHash.of("Gr\u00fc\u00dfe, 8 or more".getBytes(StandardCharsets.UTF_8));
        assertThat(PasswordHash.parse(hash.text())
                        .matches("Gr\u00fc\u00dfe, 8 or more".getBytes(StandardCharsets.UTF_8)))
                .isTrue();
        assertThat(hash.matches("Gr\u00fc\u00dfe, 8 or mora".getBytes(StandardCharsets.UTF_8)))
                .isFalse();
        assertThat(hash.toString()).doesNotContain(hash.text());
        assertThat(PasswordHash.of("the same".getBytes(StandardCharsets.UTF_8)))
                .isNotEqualTo(PasswordHash.of("the same".getBytes(StandardCharsets.UTF_8)));
        assertThatThrownBy(() -> PasswordHash.of(new byte[73])).hasMessageContaining("73 bytes");
        assertThatThrownBy(() -> PasswordHash.of("a\0b".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("NUL");
    }

    @Test
    void aHashByHtpasswdIsTaken() {
        assertThat(PasswordHash.parse(HTPASSWD).matches("secret12".getBytes(StandardCharsets.UTF_8)))
                .isTrue();
    }

    @Test
    void aLoginSendsItsRateAtOnceAndThenWaits() {
        Login login = Logins.parse(List.of("x " + HASH + " rate=3/m")).find("x").orElseThrow();
        LoginRateLimits rateLimits =
                new LoginRateLimits(Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC));
        assertThat(IntStream.range(0, 4).mapToObj(i -> rateLimits.tryTake(login)))
                .containsExactly(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ofMinutes(1));
        Login unlimited = Logins.parse(List.of("x " + HASH)).find("x").orElseThrow();
        assertThat(IntStream.range(0, 4).mapToObj(i -> rateLimits.tryTake(unlimited)))
                .allMatch(Duration::isZero);
    }
}
