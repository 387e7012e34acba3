package io.relaypod.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.Reference;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;

import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;

import com.github.benmanes.caffeine.cache.Ticker;

import io.relaypod.domain.MxSettings.OnDnsFailure;

/** A flood of names, all of them different, through all that stands before DNS. */
class MillionNamesTest {

    private static final int MILLION = 1_000_000;
    private static final int REMEMBERED = 10_000;
    private static final MxSettings SETTINGS = new MxSettings(Duration.ofHours(1), Duration.ofDays(1), REMEMBERED, 256,
        OnDnsFailure.TRY_LATER, false, false, Optional.empty(), Optional.empty(), true, Optional.empty());

    // What a remembered name takes, in all caches; a name kept for ever takes some 200 bytes, so a million of them 200 MB.
    private static final long BYTES_OF_A_NAME = 1_000;

    private final NonexistentDomains nonexistent = new NonexistentDomains(SETTINGS, Ticker.systemTicker());
    private final DnsDomainCheck dns = new DnsDomainCheck((name, type) -> CompletableFuture.completedFuture(answer(name, type)), nonexistent, SETTINGS,
        Ticker.systemTicker());
    private final BoundedDomainCheck bounded = new BoundedDomainCheck(dns, SETTINGS.maxInflight());
    private final CachedDomainCheck cached = new CachedDomainCheck(bounded, nonexistent, SETTINGS, Ticker.systemTicker(), domain -> { });
    private final RecipientRule rule = new RecipientRule(new ListedDomainCheck(cached, DomainSet::empty, DomainSet::empty), SETTINGS,
        ProviderSuggestions.of(SETTINGS));

    @Test
    void aMillionDistinctNamesLeaveTheHeapWhereItWas() {
        ask(REMEMBERED);
        long before = heapInUse();

        ask(MILLION);

        assertThat(cached.size()).isLessThanOrEqualTo(REMEMBERED);
        assertThat(nonexistent.size()).isLessThanOrEqualTo(REMEMBERED);
        assertThat(cached.underWay()).isZero();
        assertThat(bounded.underWay()).isZero();
        assertThat(heapInUse() - before).isLessThan(REMEMBERED * BYTES_OF_A_NAME);
        Reference.reachabilityFence(rule);
    }

    private void ask(int names) {
        int accepted = 0;
        String run = Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), 36);
        for (int name = 0; name < names; name++) {
            // Of each kind some: names that do not exist, deep and not, and domains with mail.
            String domain = switch (name % 4) {
                case 0 -> "good" + run + name + ".example";
                case 1 -> "a" + run + ".b" + name + run + ".test";
                default -> "n" + run + name + ".test";
            };
            accepted += rule.answer("somebody", domain).toCompletableFuture().join().isAccepted() ? 1 : 0;
        }
        assertThat(accepted).isEqualTo(names / 4);
    }

    private static Message answer(Name name, int type) {
        Message answer = new Message();
        answer.getHeader().setFlag(Flags.QR);
        answer.addRecord(Record.newRecord(name, type, DClass.IN), Section.QUESTION);
        Name top = new Name(name, name.labels() - 2);
        if (top.toString().equals("example.")) {
            answer.addRecord(new MXRecord(name, DClass.IN, 300, 10, name), Section.ANSWER);
        } else {
            answer.getHeader().setRcode(Rcode.NXDOMAIN);
            answer.addRecord(new SOARecord(top, DClass.IN, 300, top, top, 1, 1, 1, 1, 1), Section.AUTHORITY);
        }
        return answer;
    }

    private static long heapInUse() {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 3; round++) {
            System.gc();
            least = Math.min(least, Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }
        return least;
    }
}
