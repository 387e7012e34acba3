package io.relaypod.server.trace;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.google.common.collect.HashMultiset;
import com.google.common.collect.Multiset;
import io.relaypod.events.QueueId;

/**
 * One search. It collects matching entries, the newest first, until it has enough mails, and then the other entries of
 * those mails. For one thread.
 */
final class TraceSearch {

    private static final Comparator<TraceEntry> IN_TIME = Comparator.comparingLong(TraceEntry::micros);
    // After this silence a session is over, and another session may have its id.
    private static final long LONGEST_SILENCE_MICROS = micros(Duration.ofHours(1));
    // "Mail", 13 digits of a time, a UUID.
    private static final int COMPLETE_ID = 54;
    // A recipient matches twice: at RCPT, before the mail has an id, and later.
    private static final int HITS_PER_MAIL = 2;

    private final TraceQuery query;
    private final List<List<TraceSegment>> stores;
    private final SearchMemory memory;

    /**
     * @param stores their segments, the newest first
     * @param memory reserves the result
     */
    TraceSearch(TraceQuery query, List<List<TraceSegment>> stores, SearchMemory memory) {
        this.memory = memory;
        this.query = query.narrowed();
        this.stores = stores;
    }

    /** The entries of one mail transaction of a client. */
    private record Transaction(String session, List<TraceEntry> entries) {

        Optional<String> mail() {
            TraceEntry last = entries.get(entries.size() - 1);
            return last.event().equals(TraceEntry.RECEIVED) ? Optional.of(last.id()) : Optional.empty();
        }
    }

    List<TracedMail> mails() {
        List<TraceEntry> hits = stores.stream()
                .flatMap(store -> hits(store).stream())
                .sorted(IN_TIME.reversed())
                .toList();
        Set<TraceEntry> isHit = Set.copyOf(hits);
        Set<String> ids = hits.stream()
                .filter(hit -> !hit.isOfSession())
                .map(hit -> QueueId.original(hit.id()))
                .collect(Collectors.toSet());
        Set<String> sessions = hits.stream()
                .filter(TraceEntry::isOfSession)
                .map(TraceEntry::id)
                .collect(Collectors.toSet());
        List<Transaction> transactions = transactions(sessions);
        transactions.stream()
                .filter(transaction -> transaction.entries().stream().anyMatch(isHit::contains))
                .forEach(transaction -> transaction.mail().ifPresent(ids::add));

        Map<String, List<TraceEntry>> byMail =
                entries(ids, false).stream().collect(Collectors.groupingBy(entry -> QueueId.original(entry.id())));
        transactions.addAll(transactions(byMail.values().stream()
                .flatMap(List::stream)
                .map(TraceEntry::session)
                .filter(session -> !session.isEmpty() && !sessions.contains(session))
                .collect(Collectors.toSet())));
        return compose(hits, byMail, transactions);
    }

    private List<TracedMail> compose(
            List<TraceEntry> hits, Map<String, List<TraceEntry>> byMail, List<Transaction> transactions) {
        Map<String, Transaction> ofMail = new HashMap<>();
        Map<TraceEntry, Transaction> ofEntry = new HashMap<>();
        for (Transaction transaction : transactions) {
            transaction.mail().ifPresent(id -> ofMail.put(id, transaction));
            transaction.entries().forEach(entry -> ofEntry.put(entry, transaction));
        }
        Map<String, TracedMail> found = new LinkedHashMap<>();
        for (TraceEntry hit : hits) {
            Optional<Transaction> transaction = Optional.ofNullable(ofEntry.get(hit));
            Optional<String> id = hit.isOfSession()
                    ? transaction.flatMap(Transaction::mail)
                    : Optional.of(QueueId.original(hit.id()));
            if (id.isPresent()) {
                found.computeIfAbsent(
                        id.get(),
                        mail -> life(
                                mail, byMail.getOrDefault(mail, List.of()), Optional.ofNullable(ofMail.get(mail))));
            } else {
                transaction.ifPresent(alone -> found.computeIfAbsent(
                        alone.session() + alone.entries().get(0).micros(),
                        key -> TracedMail.of("", alone.session(), alone.entries())));
            }
        }
        return found.values().stream().limit(query.limit()).toList();
    }

    /**
     * The entries up to the queue, then the later ones. A delivery may be published before the receipt, because another
     * thread is faster.
     */
    private static TracedMail life(String id, List<TraceEntry> own, Optional<Transaction> transaction) {
        Stream<TraceEntry> receipt = own.stream().filter(entry -> entry.event().equals(TraceEntry.RECEIVED));
        List<TraceEntry> steps = Stream.of(
                        transaction.stream()
                                .flatMap(way -> way.entries().stream())
                                .filter(entry -> entry.isOfSession()),
                        receipt,
                        own.stream()
                                .filter(entry -> !entry.event().equals(TraceEntry.RECEIVED))
                                .sorted(IN_TIME))
                .flatMap(part -> part)
                .toList();
        return TracedMail.of(id, transaction.map(Transaction::session).orElse(""), steps);
    }

    private List<TraceEntry> hits(List<TraceSegment> newestFirst) {
        List<TraceEntry> hits = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        int enough = query.limit() * HITS_PER_MAIL;
        List<Needle> needles = query.needles().stream().map(Needle::value).toList();
        for (int i = 0; i < newestFirst.size() && ids.size() < enough; i++) {
            TraceSegment segment = newestFirst.get(i);
            boolean before = i > 0 && newestFirst.get(i - 1).firstMicros() < micros(query.since());
            boolean after = segment.firstMicros() > micros(query.until());
            if (before || after) {
                continue;
            }
            NewestEntries newest = new NewestEntries(enough);
            segment.read(
                    (file, start, end) -> needles.stream().allMatch(needle -> needle.isIn(file, start, end)), entry -> {
                        if (query.matches(entry)) {
                            newest.add(entry);
                        }
                    });
            for (TraceEntry entry : newest.newestFirst()) {
                if (ids.size() < enough || ids.contains(entry.id())) {
                    ids.add(entry.id());
                    hits.add(entry);
                }
            }
        }
        return hits;
    }

    /** Keeps the entries of a segment's newest mails, so that a segment full of matches needs little memory. */
    private final class NewestEntries {

        private final int maxIds;
        private final Deque<TraceEntry> entries = new ArrayDeque<>();
        private final Multiset<String> ids = HashMultiset.create();

        NewestEntries(int maxIds) {
            this.maxIds = maxIds;
        }

        void add(TraceEntry entry) {
            memory.take(entry);
            entries.add(entry);
            ids.add(entry.id());
            while (ids.elementSet().size() > maxIds) {
                TraceEntry oldest = entries.remove();
                memory.release(oldest);
                ids.remove(oldest.id());
            }
        }

        List<TraceEntry> newestFirst() {
            return entries.stream().sorted(IN_TIME.reversed()).toList();
        }
    }

    private List<Transaction> transactions(Collection<String> sessions) {
        Map<String, List<TraceEntry>> bySession = entries(sessions, true).stream()
                .collect(Collectors.groupingBy(entry -> entry.isOfSession() ? entry.id() : entry.session()));
        List<Transaction> transactions = new ArrayList<>();
        bySession.forEach((session, entries) -> {
            List<TraceEntry> run = new ArrayList<>();
            for (TraceEntry entry : entries.stream().sorted(IN_TIME).toList()) {
                if (!run.isEmpty() && isBeyond(run.get(run.size() - 1), entry)) {
                    transactions.add(new Transaction(session, List.copyOf(run)));
                    run.clear();
                }
                run.add(entry);
            }
            if (!run.isEmpty()) {
                transactions.add(new Transaction(session, run));
            }
        });
        return transactions;
    }

    private static boolean isBeyond(TraceEntry before, TraceEntry entry) {
        return before.endsTransaction() || entry.micros() - before.micros() > LONGEST_SILENCE_MICROS;
    }

    /**
     * @param ids of mails or sessions
     * @param bySession whether a mail also matches by the session that it came from
     */
    private List<TraceEntry> entries(Collection<String> ids, boolean bySession) {
        List<TraceEntry> entries = new ArrayList<>();
        if (ids.isEmpty()) {
            return entries;
        }
        stores.stream()
                .flatMap(List::stream)
                .forEach(segment -> segment.read(
                        (file, start, end) -> isOfAny(ids, TraceSegment.id(file, start, end))
                                || bySession && ids.contains(TraceSegment.session(file, start, end)),
                        entry -> {
                            memory.take(entry);
                            entries.add(entry);
                        }));
        return entries;
    }

    // The id of a copy begins with the id of its mail.
    private static boolean isOfAny(Collection<String> ids, String id) {
        return ids.contains(id) || id.length() > COMPLETE_ID && ids.contains(QueueId.original(id));
    }

    private static long micros(Instant time) {
        return time.getEpochSecond() * 1_000_000 + time.getNano() / 1_000;
    }

    private static long micros(Duration time) {
        return time.toMillis() * 1_000;
    }
}
