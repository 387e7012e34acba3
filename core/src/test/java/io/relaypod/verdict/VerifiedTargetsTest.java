package io.relaypod.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.dns.DnsAnswer;
import io.relaypod.dns.DnsAnswer.AddressRecords;
import io.relaypod.dns.DnsAnswer.MxRecords;
import io.relaypod.dns.DnsAnswer.NoRecords;
import io.relaypod.verdict.DomainVerdict.HasMx;
import io.relaypod.verdict.DomainVerdict.UnreachableMx;
import io.relaypod.verdict.MxSettings.OnDnsFailure;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

/** The addresses of mail exchangers, with MX_VERIFY_TARGETS. */
class VerifiedTargetsTest {

    private static final MailDomain DOMAIN = new MailDomain("example.com");
    private static final MxSettings SETTINGS = new MxSettings(
            Duration.ofHours(1),
            Duration.ofDays(1),
            1_000,
            256,
            OnDnsFailure.TRY_LATER,
            true,
            false,
            Optional.empty(),
            Optional.empty(),
            false,
            Optional.empty());

    private final AtomicLong now = new AtomicLong();
    private final List<String> asked = new ArrayList<>();
    private final Deque<Runnable> unanswered = new ArrayDeque<>();
    private int exchangers = 3;
    private String address = "10.0.0.1";

    @Test
    void areAskedForOneHostAfterTheOther() {
        CompletableFuture<DomainVerdict> verdict = verdict();
        for (int host = 0; host < exchangers; host++) {
            assertThat(verdict).isNotDone();
            assertThat(asked).hasSize(2 * (host + 1)).endsWith("A mx" + host, "AAAA mx" + host);
            answerBoth();
        }

        assertThat(verdict).isCompletedWithValueMatching(UnreachableMx.class::isInstance);
    }

    @Test
    void areAskedForUntilOneCanBeReached() {
        CompletableFuture<DomainVerdict> verdict = verdict();
        answerBoth();
        address = "93.184.216.34";
        answerBoth();

        assertThat(verdict).isCompletedWithValueMatching(HasMx.class::isInstance);
        assertThat(asked).containsExactly("A mx0", "AAAA mx0", "A mx1", "AAAA mx1");
    }

    @Test
    void areAskedForAsLongAsAClientCanWait() {
        CompletableFuture<DomainVerdict> verdict = verdict();
        now.addAndGet(Duration.ofSeconds(10).toNanos());
        answerBoth();

        assertThat(verdict).isCompletedWithValueMatching(HasMx.class::isInstance);
        assertThat(asked).hasSize(2);
    }

    @Test
    void areNotAskedForWhenTheyAreTooManyToRefuseForThem() {
        exchangers = 11;

        assertThat(verdict()).isCompletedWithValueMatching(HasMx.class::isInstance);
        assertThat(asked).isEmpty();
    }

    private CompletableFuture<DomainVerdict> verdict() {
        return new DnsDomainCheck(this::ask, new NonexistentDomains(SETTINGS, now::get), SETTINGS, now::get)
                .verdict(DOMAIN, ClientNetwork.OPERATOR)
                .toCompletableFuture();
    }

    private void answerBoth() {
        unanswered.pop().run();
        unanswered.pop().run();
    }

    private CompletableFuture<DnsAnswer> ask(Name name, int type) {
        if (type == Type.MX) {
            List<Name> hosts = IntStream.range(0, exchangers)
                    .mapToObj(host -> new MailDomain("mx" + host).absolute())
                    .toList();
            return CompletableFuture.completedFuture(
                    new MxRecords(hosts.stream().limit(DnsAnswer.MAX_KEPT).toList(), List.of(), hosts.size()));
        }
        asked.add(Type.string(type) + " " + name.toString(true));
        CompletableFuture<DnsAnswer> answer = new CompletableFuture<>();
        unanswered.add(() -> answer.complete(
                type == Type.A ? new AddressRecords(List.of(inet(address)), List.of()) : new NoRecords()));
        return answer;
    }

    private static InetAddress inet(String address) {
        try {
            return InetAddress.getByName(address);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
