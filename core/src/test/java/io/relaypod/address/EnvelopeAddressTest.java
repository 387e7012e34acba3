package io.relaypod.address;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvelopeAddressTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a@example.com",
                "A.b+c=d@example.com",
                "!#$%&'*+-/=?^_`{|}~@example.com",
                "\"a,b\"@example.com",
                "\"q.\"@example.com",
                "\"a..b\"@example.com",
                "app@my_host_1",
                "app@_x.example",
                "app@host-",
                "app@-host",
                "app@10.2.3",
                "app@web.123",
                "a@b",
                "printer@[192.168.1.5]",
                "printer@[IPv6:2001:db8::1]",
                "printer@[IPv6:::1]",
                "printer@[ipv6:2001:DB8::1]",
                "a@[IPv6:::ffff:192.0.2.1]"
            })
    void isSentOnByteForByte(String address) {
        assertThat(EnvelopeAddress.parse(address))
                .map(EnvelopeAddress::toString)
                .contains(address);
    }

    @ParameterizedTest
    @CsvSource({
        "a@EXAMPLE.com, a@example.com",
        "A@example.com., A@example.com",
        "root, root@localhost",
        "a@b\u00fccher.example, a@xn--bcher-kva.example",
        "printer@my_host_1., printer@my_host_1"
    })
    void theDomainHasOneSpelling(String written, String sent) {
        assertThat(EnvelopeAddress.parse(written))
                .map(EnvelopeAddress::toString)
                .contains(sent);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "@",
                "a@",
                "@b",
                "a@.",
                "a@b..c",
                "a@.b",
                "a..b@c",
                ".a@c",
                "a.@c",
                "a b@c",
                "a@b c",
                "a@b@c",
                "a,b@c",
                "a\\,b@c",
                "a(b)@c",
                "a@b:25",
                "\"\"@c",
                "\"a b\"@c",
                "\"a@b\"@c",
                "\"a\\\\b\"@c",
                "\"a\"b\"@c",
                "\"a@c",
                "\u00e4@c",
                "a\u0000@c",
                "a@b\r",
                "a@[",
                "a@[]",
                "a@[192.0.2]",
                "a@[192.0.2.256]",
                "a@[192.0.2.1",
                "a@[2001:db8::1]",
                "a@[IPv6:192.0.2.1]",
                "a@[IPv6:fe80::1%eth0]",
                "a@[IPv6:]",
                "a@[tag:x]",
                "a@[192.0.2.1].example",
                "a@[192.0.2.1]."
            })
    void isNoneThatCouldBeSentOn(String text) {
        assertThat(EnvelopeAddress.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"64, 189, true", "65, 10, false", "64, 190, false"})
    void isNotTooLong(int local, int domain, boolean isTaken) {
        String name = ("x".repeat(59) + ".").repeat(4).substring(0, domain);
        String address = "a".repeat(local) + "@" + (name.endsWith(".") ? name.substring(1) + "y" : name);

        assertThat(EnvelopeAddress.parse(address).isPresent()).isEqualTo(isTaken);
    }

    @ParameterizedTest
    @CsvSource({
        "\u00e4@example.com, true",
        "\"\u00e4\"@example.com, true",
        "a@\u00e4.example, false",
        "a@example.com, false",
        "\u00e4, true"
    })
    void onlyALocalPartNeedsSmtpUtf8(String text, boolean needs) {
        assertThat(EnvelopeAddress.needsSmtpUtf8(text)).isEqualTo(needs);
    }
}
