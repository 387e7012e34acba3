package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import com.google.common.net.InetAddresses;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.server.settings.ClientLimits;
import io.relaypod.server.smtp.OpenConnections.OpenConnection;
import org.junit.jupiter.api.Test;

class OpenConnectionsTest {

    private static final InetAddress A = InetAddresses.forString("192.0.2.1");
    private static final InetAddress B = InetAddresses.forString("192.0.2.2");

    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final OpenConnections connections =
            new OpenConnections(new ClientLimits(3, 2, Duration.ofMinutes(5), 20), budget);

    @Test
    void anAddressHasItsLimitAndAllTogetherHaveTheirs() {
        assertThat(connections.tryOpen(A)).isPresent();
        assertThat(connections.tryOpen(A)).isPresent();
        assertThat(connections.tryOpen(A)).as("a third of one address").isEmpty();
        assertThat(connections.tryOpen(B)).isPresent();
        assertThat(connections.tryOpen(B)).as("a fourth of all").isEmpty();
    }

    @Test
    void aRefusedConnectionTakesNoPlaceAndAClosedOneGivesItsBack() {
        OpenConnection first = connections.tryOpen(A).orElseThrow();
        connections.tryOpen(A);
        for (int refused = 0; refused < 10; refused++) {
            connections.tryOpen(A);
        }
        first.close();
        assertThat(connections.tryOpen(A)).isPresent();
        assertThat(connections.tryOpen(B)).isPresent();
    }

    @Test
    void aConnectionThroughAProxyCountsForTheAddressThatTheProxyNames() {
        assertThat(connections.tryOpen(A).orElseThrow().tryMove(B)).isTrue();
        OpenConnection second = connections.tryOpen(A).orElseThrow();
        assertThat(second.tryMove(B)).isTrue();
        OpenConnection third = connections.tryOpen(A).orElseThrow();
        assertThat(third.tryMove(B)).as("a third of one address").isFalse();
        third.close();
        second.close();
        assertThat(connections.tryOpen(A).orElseThrow().tryMove(B)).isTrue();
    }

    @Test
    void whatConnectionsTakeOfTheBudgetIsBoundedAndGivenBack() {
        MemoryBudget budget = new MemoryBudget(16 << 20);
        OpenConnections many = new OpenConnections(new ClientLimits(2_000, 2_000, Duration.ofMinutes(5), 20), budget);
        List<OpenConnection> open = Stream.generate(() -> many.tryOpen(A))
                .takeWhile(Optional::isPresent)
                .map(Optional::get)
                .toList();
        assertThat((long) open.size()).isEqualTo(budget.limit(MemoryUse.SMTP_SESSIONS) / OpenConnections.OF_CONNECTION);
        long encrypted = open.stream().filter(OpenConnection::tryEncrypt).count();
        assertThat(encrypted).isBetween(1L, (long) open.size() - 1);

        open.forEach(OpenConnection::close);

        assertThat(budget.reserved()).isZero();
        assertThat(many.tryOpen(A)).isPresent();
    }

    @Test
    void anAddressWithManyTlsConnectionsLeavesMemoryForTheTlsOfOthers() {
        MemoryBudget budget = new MemoryBudget(16 << 20);
        OpenConnections many = new OpenConnections(new ClientLimits(250, 200, Duration.ofMinutes(5), 20), budget);
        List<OpenConnection> ofOne =
                Stream.generate(() -> many.tryOpen(A).orElseThrow()).limit(200).toList();
        assertThat(ofOne.stream().filter(OpenConnection::tryEncrypt).count()).isBetween(100L, 200L);

        List<OpenConnection> ofOther =
                Stream.generate(() -> many.tryOpen(B).orElseThrow()).limit(50).toList();

        assertThat(ofOther).allMatch(OpenConnection::tryEncrypt);
    }
}
