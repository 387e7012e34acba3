package io.relaypod.quota;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.relaypod.address.DomainSet;
import io.relaypod.address.MailDomain;

/**
 * Counts recipients of the last 24 hours, and says whether a message may be sent. Exchange counts the recipients of all
 * messages that a mailbox sends. A message with more recipients than the whole limit is sent when nothing is counted.
 * The counts of the {@value #MAILBOXES} busiest mailboxes are kept. Thread-safe.
 *
 * <pre>{@code
 * Optional<QuotaKind> reached = quota.tryTake(quota.use(mailbox, domains));
 * }</pre>
 */
public final class RecipientQuota {

    /** Mailboxes whose counts are kept; at most 1 KiB each. */
    static final int MAILBOXES = 5_000;

    // Sorting once makes room for many.
    private static final int EVICTED_AT_ONCE = MAILBOXES / 20;
    private static final Duration DAY = Duration.ofDays(1);

    private final int perMailbox;
    private final int tenant;
    private final DomainSet tenantDomains;
    private final Clock clock;
    private final Map<String, SlidingDay> mailboxes = new HashMap<>();
    private final SlidingDay external = new SlidingDay();
    private long changes;

    /**
     * @param perMailbox recipients in 24 hours of each mailbox; 0 for no limit
     * @param tenant recipients in 24 hours outside the tenant's domains, of all mailboxes; 0 for no limit
     */
    public RecipientQuota(int perMailbox, int tenant, DomainSet tenantDomains, Clock clock) {
        this.perMailbox = perMailbox;
        this.tenant = tenant;
        this.tenantDomains = tenantDomains;
        this.clock = clock;
    }

    /** A quota without limits. */
    public static RecipientQuota unlimited() {
        return new RecipientQuota(0, 0, DomainSet.empty(), Clock.systemUTC());
    }

    public boolean isLimited() {
        return perMailbox > 0 || tenant > 0;
    }

    /** @param domains of the recipients, one for each */
    public QuotaUse use(String mailbox, Collection<String> domains) {
        int outside = tenant == 0
                ? 0
                : (int) domains.stream()
                        .filter(domain -> MailDomain.parse(domain)
                                .filter(tenantDomains::contains)
                                .isEmpty())
                        .count();
        return new QuotaUse(mailbox, domains.size(), outside);
    }

    /**
     * Counts a message that is about to be sent. Returns the limit that is reached; the message is then not counted.
     */
    public synchronized Optional<QuotaKind> tryTake(QuotaUse use) {
        Optional<QuotaKind> reached = reached(use);
        if (reached.isEmpty()) {
            Instant now = clock.instant();
            if (perMailbox > 0) {
                day(use.mailbox()).add(use.recipients(), now);
            }
            if (tenant > 0 && use.external() > 0) {
                external.add(use.external(), now);
            }
            changes++;
        }
        return reached;
    }

    /** The limit that a message would exceed. */
    public synchronized Optional<QuotaKind> reached(QuotaUse use) {
        Instant now = clock.instant();
        if (tenant > 0 && use.external() > 0 && !fits(external, use.external(), tenant, now)) {
            return Optional.of(QuotaKind.TENANT);
        }
        Optional<SlidingDay> own = Optional.ofNullable(mailboxes.get(use.mailbox()));
        return perMailbox == 0 || own.isEmpty() || fits(own.get(), use.recipients(), perMailbox, now)
                ? Optional.empty()
                : Optional.of(QuotaKind.MAILBOX);
    }

    private static boolean fits(SlidingDay day, int more, int limit, Instant now) {
        long used = day.sum(now);
        return used == 0 || used + more <= limit;
    }

    /** Takes recipients back that the gateway did not accept. */
    public synchronized void giveBack(QuotaUse use) {
        Optional.ofNullable(mailboxes.get(use.mailbox())).ifPresent(day -> day.giveBack(use.recipients()));
        external.giveBack(tenant > 0 ? use.external() : 0);
        changes++;
    }

    /** The time until the message may be sent, if no other is sent meanwhile. */
    public synchronized Duration waitingTime(QuotaUse use) {
        Instant now = clock.instant();
        Duration own = Optional.ofNullable(mailboxes.get(use.mailbox()))
                .filter(day -> perMailbox > 0)
                .map(day -> day.untilAtMost(Math.max(0, perMailbox - use.recipients()), now))
                .orElse(Duration.ZERO);
        Duration ofTenant = tenant > 0 && use.external() > 0
                ? external.untilAtMost(Math.max(0, tenant - use.external()), now)
                : Duration.ZERO;
        return own.compareTo(ofTenant) > 0 ? own : ofTenant;
    }

    private SlidingDay day(String mailbox) {
        if (mailboxes.size() >= MAILBOXES && !mailboxes.containsKey(mailbox)) {
            makeRoom();
        }
        return mailboxes.computeIfAbsent(mailbox, isNew -> new SlidingDay());
    }

    // Those with the fewest recipients are the farthest from their limit.
    private void makeRoom() {
        Instant now = clock.instant();
        mailboxes.values().removeIf(day -> day.sum(now) == 0);
        if (mailboxes.size() > MAILBOXES - EVICTED_AT_ONCE) {
            List<Map.Entry<String, SlidingDay>> all = new ArrayList<>(mailboxes.entrySet());
            all.sort(Comparator.comparingLong(entry -> entry.getValue().sum(now)));
            all.subList(0, EVICTED_AT_ONCE).stream().map(Map.Entry::getKey).forEach(mailboxes::remove);
        }
    }

    /** The state of each quota that has a limit. */
    public synchronized List<QuotaState> states() {
        Instant now = clock.instant();
        Optional<QuotaState> ofMailbox = Optional.empty();
        if (perMailbox > 0) {
            Optional<Map.Entry<String, SlidingDay>> busiest = mailboxes.entrySet().stream()
                    .max(Comparator.comparingLong(entry -> entry.getValue().sum(now)));
            ofMailbox = Optional.of(new QuotaState(
                    QuotaKind.MAILBOX,
                    busiest.map(entry -> entry.getValue().sum(now)).orElse(0L),
                    perMailbox,
                    busiest.map(Map.Entry::getKey),
                    mailboxes.values().stream()
                            .flatMap(day -> reachedIn(day, perMailbox, now).stream())
                            .min(Comparator.naturalOrder())));
        }
        Optional<QuotaState> ofTenant = tenant == 0
                ? Optional.empty()
                : Optional.of(new QuotaState(
                        QuotaKind.TENANT,
                        external.sum(now),
                        tenant,
                        Optional.empty(),
                        reachedIn(external, tenant, now)));
        return Stream.of(ofMailbox, ofTenant).flatMap(Optional::stream).toList();
    }

    private static Optional<Duration> reachedIn(SlidingDay day, int limit, Instant now) {
        long hourly = day.lastHour(now);
        long left = Math.max(0, limit - day.sum(now));
        return hourly == 0
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds(left * Duration.ofHours(1).toSeconds() / hourly))
                        .filter(time -> time.compareTo(DAY) <= 0);
    }

    /** A number that grows with each change of the counts. */
    public synchronized long changes() {
        return changes;
    }

    /** The counts, for {@link #restore}. One mailbox after the other is copied, as the stream is read. */
    public Stream<QuotaCounts> counts() {
        return Stream.concat(
                        Stream.of(Optional.<String>empty()), names().stream().map(Optional::of))
                .map(this::counts)
                .filter(counts -> !counts.byQuarter().isEmpty());
    }

    private synchronized List<String> names() {
        return List.copyOf(mailboxes.keySet());
    }

    private synchronized QuotaCounts counts(Optional<String> mailbox) {
        NavigableMap<Long, Integer> byQuarter = new TreeMap<>();
        Optional<SlidingDay> day = mailbox.isEmpty() ? Optional.of(external) : mailbox.map(mailboxes::get);
        day.ifPresent(counted -> {
            counted.sum(clock.instant());
            counted.forEach(byQuarter::put);
        });
        return new QuotaCounts(mailbox, byQuarter);
    }

    /** Adds counts of an earlier process. */
    public synchronized void restore(QuotaCounts counts) {
        SlidingDay day = counts.mailbox().map(this::day).orElse(external);
        counts.byQuarter().forEach((quarter, count) -> day.add(count, quarter));
    }

    /**
     * Recipients in each quarter of an hour.
     *
     * @param mailbox empty for the tenant's external recipients
     * @param byQuarter by the number of the quarter since 1970
     */
    public record QuotaCounts(Optional<String> mailbox, NavigableMap<Long, Integer> byQuarter) {}
}
