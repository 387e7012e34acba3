package io.relaypod.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkListTest {

    private static final NetworkList DEFAULT = NetworkList.parse(Variable.RELAY_NETWORKS.defaultValue());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.255.255.255",
                "::1",
                "10.0.0.1",
                "10.255.255.255",
                "172.16.0.0",
                "172.31.255.255",
                "192.168.0.1",
                "192.168.255.255",
                "100.64.0.0",
                "100.127.255.255",
                "fc00::1",
                "fd12:3456:789a::1",
                "fdff:ffff::1",
                "fe80::1",
                "febf::1"
            })
    void byDefaultThisMachineAndPrivateNetworksAreLetIn(String client) {
        assertThat(DEFAULT.contains(InetAddresses.forString(client))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "126.255.255.255",
                "128.0.0.1",
                "::2",
                "::",
                "9.255.255.255",
                "11.0.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.167.255.255",
                "192.169.0.0",
                "fbff::1",
                "fe00::1",
                "fec0::1",
                "2001:db8::1",
                "8.8.8.8",
                "0.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "169.254.0.1"
            })
    void byDefaultNobodyElseIs(String client) {
        assertThat(DEFAULT.contains(InetAddresses.forString(client))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1,        192.0.2.1,       192.0.2.2",
        "192.0.2.1/32,     192.0.2.1,       192.0.2.0",
        "192.0.2.1/31,     192.0.2.0,       192.0.2.2",
        "192.0.2.77/25,    192.0.2.127,     192.0.2.128",
        "2001:db8::1,      2001:db8::1,     2001:db8::2",
        "2001:db8::1/128,  2001:db8::1,     2001:db8::2",
        "2001:db8::/127,   2001:db8::1,     2001:db8::2",
        "2001:db8::/64,    2001:db8::ffff:0:0:1, 2001:db8:0:1::1",
        "2001:db8::/33,    2001:db8:7fff::1, 2001:db8:8000::1",
        "64:ff9b::/96,     64:ff9b::192.0.2.1, 64:ff9b::1:0:0",
        "0.0.0.0/0,        203.0.113.9,     ::1",
        "::/0,             2001:db8::1,     127.0.0.1"
    })
    void aNetworkIsAsLargeAsItsPrefixSays(String network, String inside, String outside) {
        NetworkList networks = NetworkList.parse(network);

        assertThat(networks.contains(InetAddresses.forString(inside)))
                .as(inside)
                .isTrue();
        assertThat(networks.contains(InetAddresses.forString(outside)))
                .as(outside)
                .isFalse();
    }
}
