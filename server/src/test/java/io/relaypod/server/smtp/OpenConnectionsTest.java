package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

import com.google.common.net.InetAddresses;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.server.settings.ClientLimits;
import io.relaypod.server.smtp.OpenConnections.ConnectionEnd;
import io.relaypod.server.smtp.OpenConnections.OpenConnection;
import org.junit.jupiter.api.Test;

class OpenConnectionsTest {

    private static final InetAddress A = InetAddresses.forString("192.0.2.1");
    private static final InetAddress B = InetAddresses.forString("192.0.2.2");
    private static final InetAddress C = InetAddresses.forString("192.0.2.3");
    private static final ConnectionEnd BUSY = new RecordedEnd(OptionalLong.empty());

    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final OpenConnections connections =
            new OpenConnections(new ClientLimits(3, 2, Duration.ofMinutes(5), 20), budget);

    @Test
    void anAddressHasItsLimitAndAllTogetherHaveTheirs() {
        assertThat(connections.tryOpen(A, true, BUSY)).isPresent();
        assertThat(connections.tryOpen(A, true, BUSY)).isPresent();
        assertThat(connections.tryOpen(A, true, BUSY))
                .as("a third of one address")
                .isEmpty();
        assertThat(connections.tryOpen(B, true, BUSY)).isPresent();
        assertThat(connections.tryOpen(B, true, BUSY)).as("a fourth of all").isEmpty();
    }

    @Test
    void aRefusedConnectionTakesNoPlaceAndAClosedOneGivesItsBack() {
        OpenConnection first = connections.tryOpen(A, true, BUSY).orElseThrow();
        connections.tryOpen(A, true, BUSY);
        for (int refused = 0; refused < 10; refused++) {
            connections.tryOpen(A, true, BUSY);
        }
        first.close();
        assertThat(connections.tryOpen(A, true, BUSY)).isPresent();
        assertThat(connections.tryOpen(B, true, BUSY)).isPresent();
    }

    @Test
    void aConnectionThroughAProxyCountsForTheAddressThatTheProxyNames() {
        assertThat(connections.tryOpen(A, true, BUSY).orElseThrow().tryMove(B)).isTrue();
        OpenConnection second = connections.tryOpen(A, true, BUSY).orElseThrow();
        assertThat(second.tryMove(B)).isTrue();
        OpenConnection third = connections.tryOpen(A, true, BUSY).orElseThrow();
        assertThat(third.tryMove(B)).as("a third of one address").isFalse();
        third.close();
        second.close();
        assertThat(connections.tryOpen(A, true, BUSY).orElseThrow().tryMove(B)).isTrue();
    }

    @Test
    void whatConnectionsTakeOfTheBudgetIsBoundedAndGivenBack() {
        MemoryBudget budget = new MemoryBudget(16 << 20);
        OpenConnections many = new OpenConnections(new ClientLimits(2_000, 2_000, Duration.ofMinutes(5), 20), budget);
        List<OpenConnection> open = Stream.generate(() -> many.tryOpen(A, true, BUSY))
                .takeWhile(Optional::isPresent)
                .map(Optional::get)
                .toList();
        assertThat((long) open.size()).isEqualTo(budget.limit(MemoryUse.SMTP_SESSIONS) / OpenConnections.OF_CONNECTION);
        long encrypted = open.stream().filter(OpenConnection::tryEncrypt).count();
        assertThat(encrypted).isBetween(1L, (long) open.size() - 1);

        open.forEach(OpenConnection::close);

        assertThat(budget.reserved()).isZero();
        assertThat(many.tryOpen(A, true, BUSY)).isPresent();
    }

    @Test
    void anAddressWithManyTlsConnectionsLeavesMemoryForTheTlsOfOthers() {
        MemoryBudget budget = new MemoryBudget(16 << 20);
        OpenConnections many = new OpenConnections(new ClientLimits(250, 200, Duration.ofMinutes(5), 20), budget);
        List<OpenConnection> ofOne = Stream.generate(
                        () -> many.tryOpen(A, true, BUSY).orElseThrow())
                .limit(200)
                .toList();
        assertThat(ofOne.stream().filter(OpenConnection::tryEncrypt).count()).isBetween(100L, 200L);

        List<OpenConnection> ofOther = Stream.generate(
                        () -> many.tryOpen(B, true, BUSY).orElseThrow())
                .limit(50)
                .toList();

        assertThat(ofOther).allMatch(OpenConnection::tryEncrypt);
    }

    @Test
    void theAddressWithTheMostConnectionsLosesItsLongestIdleOneToAnAddressWithFewer() {
        OpenConnections full = new OpenConnections(new ClientLimits(4, 4, Duration.ofMinutes(5), 20), budget);
        long now = System.nanoTime();
        RecordedEnd ofB = new RecordedEnd(OptionalLong.of(now - 90));
        RecordedEnd recent = new RecordedEnd(OptionalLong.of(now - 10));
        RecordedEnd longIdle = new RecordedEnd(OptionalLong.of(now - 50));
        RecordedEnd busy = new RecordedEnd(OptionalLong.empty());
        full.tryOpen(B, true, ofB);
        full.tryOpen(A, true, recent);
        OpenConnection displaced = full.tryOpen(A, true, longIdle).orElseThrow();
        full.tryOpen(A, true, busy);
        long reserved = budget.reserved();

        assertThat(full.tryOpen(C, true, BUSY)).isPresent();

        assertThat(Stream.of(ofB, recent, longIdle, busy).filter(end -> end.isDisplaced))
                .containsExactly(longIdle);
        assertThat(budget.reserved()).isEqualTo(reserved);
        displaced.close();
        assertThat(budget.reserved()).as("the memory is the new one's").isEqualTo(reserved);
        assertThat(full.tryOpen(C, true, BUSY)).as("both would have two").isEmpty();
        assertThat(full.tryOpen(A, true, BUSY)).isEmpty();
    }

    @Test
    void noConnectionIsDisplacedThatIsNotIdle() {
        OpenConnections full = new OpenConnections(new ClientLimits(3, 3, Duration.ofMinutes(5), 20), budget);
        for (int open = 0; open < 3; open++) {
            full.tryOpen(A, true, BUSY);
        }
        assertThat(full.tryOpen(B, true, BUSY)).isEmpty();
    }

    @Test
    void anAddressThatIsBusyDoesNotShieldTheIdleConnectionsOfOthers() {
        OpenConnections full = new OpenConnections(new ClientLimits(5, 5, Duration.ofMinutes(5), 20), budget);
        for (int open = 0; open < 3; open++) {
            full.tryOpen(A, true, BUSY);
        }
        RecordedEnd idle = new RecordedEnd(OptionalLong.of(System.nanoTime()));
        full.tryOpen(B, true, BUSY);
        full.tryOpen(B, true, idle);

        assertThat(full.tryOpen(C, false, BUSY)).as("behind a proxy").isEmpty();
        assertThat(full.tryOpen(C, true, BUSY)).isPresent();

        assertThat(idle.isDisplaced).isTrue();
    }

    private static final class RecordedEnd implements ConnectionEnd {

        private final OptionalLong idleSince;
        private boolean isDisplaced;

        RecordedEnd(OptionalLong idleSince) {
            this.idleSince = idleSince;
        }

        @Override
        public OptionalLong idleSince() {
            return idleSince;
        }

        @Override
        public void displace() {
            isDisplaced = true;
        }
    }
}
