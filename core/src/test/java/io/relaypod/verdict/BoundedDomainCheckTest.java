package io.relaypod.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import com.google.common.net.InetAddresses;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.verdict.DomainVerdict.HasMx;
import io.relaypod.verdict.DomainVerdict.NotAsked;
import org.junit.jupiter.api.Test;

class BoundedDomainCheckTest {

    private static final DomainVerdict MX = new HasMx(List.of("mx.example.com"));
    private static final ClientNetwork ATTACKER = ClientNetwork.at(InetAddresses.forString("192.0.2.66"));
    private static final ClientNetwork OTHER = ClientNetwork.at(InetAddresses.forString("192.0.2.1"));
    private static final Duration NO_PATIENCE = Duration.ofMillis(1);
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final MemoryBudget memory = new MemoryBudget(100_000_000);
    private final Deque<CompletableFuture<DomainVerdict>> silent = new ArrayDeque<>();
    private final List<ClientNetwork> asked = new ArrayList<>();
    private boolean answersAtOnce;
    private int names;

    @Test
    void oneClientHasHalfOfThePlacesAndAnotherFindsRoom() {
        BoundedDomainCheck bounded = silent(8, PATIENCE);
        ask(bounded, ATTACKER, 20);
        assertThat(bounded.underWay()).isEqualTo(4);
        assertThat(bounded.waiting()).isEqualTo(8);

        ask(bounded, OTHER, 1);
        assertThat(bounded.underWay()).isEqualTo(5);
    }

    @Test
    void whatFoundNoPlaceWaitsAndIsAskedWhenOneIsFree() {
        BoundedDomainCheck bounded = silent(2, PATIENCE);
        List<CompletableFuture<DomainVerdict>> verdicts = ask(bounded, ATTACKER, 2);
        assertThat(verdicts.get(1)).isNotDone();

        silent.pop().complete(MX);
        silent.pop().complete(MX);

        assertThat(verdicts).allSatisfy(verdict -> assertThat(verdict).isCompletedWithValue(MX));
        assertThat(bounded.underWay()).isZero();
        assertThat(bounded.waiting()).isZero();
        assertThat(memory.reserved()).isZero();
    }

    @Test
    void aThousandThatWaitAreAllAskedWhenAnswersComeAtOnce() {
        BoundedDomainCheck bounded = silent(2_000, PATIENCE);
        List<CompletableFuture<DomainVerdict>> verdicts = ask(bounded, ATTACKER, 1_500);
        assertThat(verdicts).filteredOn(CompletableFuture::isDone).isEmpty();

        answersAtOnce = true;
        silent.pop().complete(MX);
        assertThat(bounded.waiting()).isZero();
        silent.forEach(verdict -> verdict.complete(MX));
        assertThat(verdicts).allSatisfy(verdict -> assertThat(verdict).isCompletedWithValue(MX));
    }

    @Test
    void waitingClientsTakeTurns() {
        BoundedDomainCheck bounded = silent(2, PATIENCE);
        ask(bounded, ATTACKER, 3);
        ask(bounded, OTHER, 2);
        assertThat(asked).hasSize(2);

        while (!silent.isEmpty()) {
            silent.pop().complete(MX);
        }
        assertThat(asked).hasSize(5);
        assertThat(asked.subList(0, 4)).filteredOn(OTHER::equals).hasSize(2);
    }

    @Test
    void whoWaitsInVainIsNotAskedFor() {
        BoundedDomainCheck bounded = silent(2, NO_PATIENCE);
        List<CompletableFuture<DomainVerdict>> verdicts = ask(bounded, ATTACKER, 2);

        assertThat(verdicts.get(1)).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(new NotAsked());
        assertThat(bounded.waiting()).isZero();
        assertThat(asked).hasSize(1);
        silent.pop().complete(MX);
        assertThat(memory.reserved()).isZero();
    }

    @Test
    void namesBelowOneDomainDoNotTakeAClientsWholeShare() {
        BoundedDomainCheck bounded = silent(16, PATIENCE);
        IntStream.range(0, 10)
                .forEach(name -> bounded.verdict(new MailDomain("n" + name + ".silent.example"), ATTACKER));
        assertThat(bounded.underWay()).isEqualTo(2);

        bounded.verdict(new MailDomain("mail.other.example"), ATTACKER);
        assertThat(bounded.underWay()).isEqualTo(3);
    }

    @Test
    void whereMemoryIsSpentNothingIsAsked() {
        BoundedDomainCheck bounded = new BoundedDomainCheck(
                (domain, client) -> new CompletableFuture<>(), 100, PATIENCE, new MemoryBudget(10_000));

        assertThat(ask(bounded, ATTACKER, 10))
                .last()
                .satisfies(verdict -> assertThat(verdict).isCompletedWithValue(new NotAsked()));
    }

    @Test
    void questionsThatFailGiveTheirPlaceBack() {
        BoundedDomainCheck throwing = new BoundedDomainCheck(
                (domain, client) -> {
                    throw new IllegalStateException("broken");
                },
                1,
                PATIENCE,
                memory);

        assertThat(ask(throwing, OTHER, 3))
                .allSatisfy(verdict -> assertThat(verdict).isCompletedExceptionally());
        assertThat(throwing.underWay()).isZero();
        assertThat(memory.reserved()).isZero();
    }

    private BoundedDomainCheck silent(int limit, Duration patience) {
        return new BoundedDomainCheck(
                (domain, client) -> {
                    asked.add(client);
                    if (answersAtOnce) {
                        return CompletableFuture.completedFuture(MX);
                    }
                    CompletableFuture<DomainVerdict> verdict = new CompletableFuture<>();
                    silent.add(verdict);
                    return verdict;
                },
                limit,
                patience,
                memory);
    }

    private List<CompletableFuture<DomainVerdict>> ask(BoundedDomainCheck check, ClientNetwork client, int questions) {
        return IntStream.range(0, questions)
                .mapToObj(question -> check.verdict(new MailDomain("n" + names++ + ".example"), client)
                        .toCompletableFuture())
                .toList();
    }
}
