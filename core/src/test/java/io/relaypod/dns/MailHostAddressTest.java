package io.relaypod.dns;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.Name;

class MailHostAddressTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.0.53.53",
                "127.255.255.255",
                "0.0.0.0",
                "0.1.2.3",
                "169.254.1.1",
                "224.0.0.1",
                "239.1.1.1",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "fe80::1",
                "ff02::1",
                "::ffff:127.0.0.1",
                "::ffff:0.0.0.0",
                "::127.0.0.1",
                "64:ff9b::127.0.0.1",
                "64:ff9b::7f00:3535",
                "2002:7f00:1::1",
                "100::1"
            })
    void noMailHostIsThere(String address) {
        assertThat(MailHostAddress.isUsable(InetAddresses.forString(address))).isFalse();
        assertThat(MailHostAddress.isRoutable(InetAddresses.forString(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.1",
                "172.16.0.1",
                "192.168.1.1",
                "100.64.0.1",
                "192.0.2.1",
                "198.51.100.1",
                "203.0.113.1",
                "198.18.0.1",
                "198.19.255.1",
                "192.0.0.8",
                "fd00::1",
                "fec0::1",
                "2001:db8::1",
                "::ffff:10.0.0.1",
                "64:ff9b::10.0.0.1"
            })
    void onlyNeighboursReachIt(String address) {
        assertThat(MailHostAddress.isUsable(InetAddresses.forString(address))).isTrue();
        assertThat(MailHostAddress.isRoutable(InetAddresses.forString(address))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "93.184.216.34",
                "8.8.8.8",
                "2606:4700::1111",
                "::ffff:8.8.8.8",
                "64:ff9b::8.8.8.8",
                "2002:808:808::1",
                "100.128.0.1",
                "223.255.255.1"
            })
    void theInternetReachesIt(String address) {
        assertThat(MailHostAddress.isRoutable(InetAddresses.forString(address))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".",
                "localhost.",
                "LocalHost.",
                "a.localhost.",
                "localhost.localdomain.",
                "0.0.0.0.",
                "192.0.2.1.",
                "127.1.",
                "1.",
                "mx.invalid.",
                "x.onion.",
                "2001:db8::1.",
                "[192.0.2.1].",
                "::."
            })
    void noHostHasTheName(String name) throws Exception {
        assertThat(MailHostName.isUsable(Name.fromString(name))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mx.example.com.",
                "mx.",
                "4.mx.example.",
                "localhost.example.com.",
                "mx_1.example.",
                "mx.home.localdomain.",
                "xn--mx-9ja.example."
            })
    void aHostMayHaveTheName(String name) throws Exception {
        assertThat(MailHostName.isUsable(Name.fromString(name))).isTrue();
    }
}
