package io.relaypod.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;

import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.dns.DnsAnswer;
import io.relaypod.dns.DnsAnswer.Alias;
import io.relaypod.dns.DnsAnswer.NoSuchName;
import io.relaypod.dns.DnsLookup;
import io.relaypod.dns.ObservedDns;
import io.relaypod.verdict.DomainVerdict.Unknown;
import org.junit.jupiter.api.Test;

/** A client waits for the verdict, so a fault of ours must not take it away. */
class LookupFailuresTest {

    private static final MailDomain DOMAIN = new MailDomain("example.com");
    private static final MailDomain TARGET = new MailDomain("target.example.com");
    private static final MxSettings SETTINGS = MxSettingsFixture.remembering(1_000);

    private final CompletableFuture<DnsAnswer> answer = new CompletableFuture<>();

    @Test
    void a_lookup_of_an_alias_target_that_throws_makes_the_verdict_unknown() {
        CompletableFuture<DomainVerdict> verdict = verdict((name, type) -> {
            if (name.equals(TARGET.absolute())) {
                throw new IllegalStateException("stopped");
            }
            return answer;
        });
        answer.complete(new Alias(TARGET.absolute()));

        assertThat(verdict).isCompletedWithValue(new Unknown("stopped"));
    }

    @Test
    void a_listener_that_throws_makes_the_verdict_unknown() {
        CompletableFuture<DomainVerdict> verdict =
                verdict(new ObservedDns((name, type) -> answer, (type, how, took) -> {
                    throw new IllegalStateException("no meter");
                }));
        answer.complete(new NoSuchName(false));

        assertThat(verdict).isCompletedWithValue(new Unknown("no meter"));
    }

    private static CompletableFuture<DomainVerdict> verdict(DnsLookup dns) {
        return new DnsDomainCheck(dns, new NonexistentDomains(SETTINGS, System::nanoTime), SETTINGS, System::nanoTime)
                .verdict(DOMAIN, ClientNetwork.OPERATOR)
                .toCompletableFuture();
    }
}
