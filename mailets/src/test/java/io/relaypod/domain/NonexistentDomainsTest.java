package io.relaypod.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;

import io.relaypod.domain.DomainVerdict.HasMx;
import io.relaypod.domain.DomainVerdict.NoMailHost;

/** What does not exist, as the whole rule sees it: with the memory of verdicts before it and DNS behind it. */
class NonexistentDomainsTest {

    private static final DomainVerdict NO_SUCH_DOMAIN = new NoMailHost(false);

    private final AtomicLong now = new AtomicLong();
    private final List<String> queries = new ArrayList<>();
    private final Set<String> existing = new HashSet<>();
    private final MxSettings settings = MxSettingsFixture.remembering(1_000);
    private final NonexistentDomains nonexistent = new NonexistentDomains(settings, now::get);
    private final CachedDomainCheck check = new CachedDomainCheck(
        new DnsDomainCheck((name, type) -> CompletableFuture.completedFuture(answer(name, type)), nonexistent, settings, now::get),
        nonexistent, settings, now::get, domain -> { });

    @Test
    void whatIsBelowItIsNotAskedFor() {
        assertThat(verdict("gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(verdict("a.gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(verdict("b.a.gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(queries).containsExactly("gone.test");
    }

    @Test
    void itsTopLevelDomainDeniesItAsAWhole() {
        assertThat(verdict("a.gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(verdict("b.gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(queries).containsExactly("a.gone.test");
    }

    @Test
    void whatIsBelowItIsCoveredForTheHourOfTheAnswerAndNoLonger() {
        verdict("gone.test");
        now.addAndGet(Duration.ofMinutes(59).toNanos());
        assertThat(verdict("a.gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        existing.add("a.gone.test");
        now.addAndGet(Duration.ofMinutes(1).toNanos());

        assertThat(verdict("a.gone.test")).isInstanceOf(HasMx.class);
        assertThat(queries).containsExactly("gone.test", "a.gone.test");
    }

    @Test
    void inUseItIsAskedForAnewBeforeItsHourIsOver() {
        verdict("gone.test");
        existing.add("gone.test");
        now.addAndGet(Duration.ofMinutes(54).toNanos());

        verdict("gone.test");

        assertThat(queries).containsExactly("gone.test", "gone.test");
        assertThat(verdict("gone.test")).isInstanceOf(HasMx.class);
    }

    @Test
    void whatIsForgottenIsAskedForAgain() {
        verdict("gone.test");
        check.forget(new MailDomain("gone.test"));
        assertThat(verdict("gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(queries).containsExactly("gone.test", "gone.test");

        check.forget(new MailDomain("a.gone.test"));
        assertThat(verdict("a.gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(queries).as("what covered it is forgotten too").containsExactly("gone.test", "gone.test", "a.gone.test");

        check.forgetAll();
        assertThat(verdict("b.gone.test")).isEqualTo(NO_SUCH_DOMAIN);
        assertThat(queries).hasSize(4);
        assertThat(nonexistent.size()).isEqualTo(2);
    }

    @Test
    void aFreshVerdictComesFromDns() {
        verdict("gone.test");
        verdict("a.gone.test");
        existing.add("a.gone.test");

        assertThat(check.freshVerdict(new MailDomain("a.gone.test")).toCompletableFuture()).isCompletedWithValueMatching(HasMx.class::isInstance);
        assertThat(verdict("a.gone.test")).isInstanceOf(HasMx.class);
        existing.add("b.gone.test");
        assertThat(verdict("b.gone.test")).as("what is above a name that exists does exist").isInstanceOf(HasMx.class);
    }

    private DomainVerdict verdict(String domain) {
        return check.verdict(new MailDomain(domain)).toCompletableFuture().join();
    }

    private Message answer(Name name, int type) {
        String asked = name.toString(true);
        queries.add(asked);
        Message answer = new Message();
        answer.addRecord(Record.newRecord(name, type, DClass.IN), Section.QUESTION);
        if (existing.contains(asked)) {
            answer.addRecord(new MXRecord(name, DClass.IN, 300, 10, name), Section.ANSWER);
        } else {
            Name top = new Name(name, name.labels() - 2);
            answer.getHeader().setRcode(Rcode.NXDOMAIN);
            answer.addRecord(new SOARecord(top, DClass.IN, 300, top, top, 1, 1, 1, 1, 1), Section.AUTHORITY);
        }
        return answer;
    }
}
