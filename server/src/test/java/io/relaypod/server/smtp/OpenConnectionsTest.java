package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;

import org.junit.jupiter.api.Test;

import com.google.common.net.InetAddresses;

import io.relaypod.server.settings.ClientLimits;

class OpenConnectionsTest {

    private static final InetAddress A = InetAddresses.forString("192.0.2.1");
    private static final InetAddress B = InetAddresses.forString("192.0.2.2");

    private final OpenConnections connections = new OpenConnections(new ClientLimits(3, 2, Duration.ofMinutes(5), 20));

    @Test
    void anAddressHasItsLimitAndAllTogetherHaveTheirs() {
        assertThat(connections.tryOpen(A)).isTrue();
        assertThat(connections.tryOpen(A)).isTrue();
        assertThat(connections.tryOpen(A)).as("a third of one address").isFalse();
        assertThat(connections.tryOpen(B)).isTrue();
        assertThat(connections.tryOpen(B)).as("a fourth of all").isFalse();
    }

    @Test
    void aRefusedConnectionTakesNoPlaceAndAClosedOneGivesItsBack() {
        connections.tryOpen(A);
        connections.tryOpen(A);
        for (int refused = 0; refused < 10; refused++) {
            connections.tryOpen(A);
        }
        connections.close(A);
        assertThat(connections.tryOpen(A)).isTrue();
        assertThat(connections.tryOpen(B)).isTrue();
    }
}
