package io.relaypod.verdict;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import io.relaypod.threads.Background;
import io.relaypod.verdict.DomainVerdict.NotAsked;

/**
 * Bounds the number of lookups in flight, and shares the places between clients. A client may hold as many places as
 * are free: one client has at most half, two have a third each. Lookups of a client below one registered domain hold at
 * most an eighth of all places.
 *
 * <p>A lookup without a place waits in the queue of its client, and the clients are served in turn. If no place becomes
 * free in time, or memory is spent, the verdict is {@link NotAsked}. Thread-safe.
 */
public final class BoundedDomainCheck implements DomainCheck {

    // A lookup with its socket entry, timers and answer; measured, and rounded up.
    private static final long BYTES_UNDER_WAY = 3_000;
    private static final long BYTES_WAITING = 1_000;
    private static final int DOMAINS_SHARE = 8;

    private final DomainCheck origin;
    private final int limit;
    private final Duration patience;
    private final MemoryBudget memory;
    private final Map<Object, Integer> held = new HashMap<>();
    // The client that is served next comes first.
    private final Map<ClientNetwork, Deque<PendingCheck>> lines = new LinkedHashMap<>();
    private int underWay;
    private int waiting;
    private boolean isGranting;

    /**
     * @param limit the largest number of lookups in flight
     * @param patience how long a lookup waits for a place
     * @param memory holds the lookups
     */
    public BoundedDomainCheck(DomainCheck origin, int limit, Duration patience, MemoryBudget memory) {
        this.origin = origin;
        this.limit = limit;
        this.patience = patience;
        this.memory = memory;
    }

    /** @param turn true if the lookup may begin, false if it waited too long */
    private record PendingCheck(
            MailDomain domain,
            ClientNetwork client,
            Optional<ClientDomain> below,
            Reservation memory,
            CompletableFuture<Boolean> turn,
            CompletableFuture<DomainVerdict> verdict) {}

    @Override
    public CompletionStage<DomainVerdict> verdict(MailDomain domain, ClientNetwork client) {
        Optional<Reservation> room = memory.tryReserve(MemoryUse.DNS_QUESTIONS, BYTES_WAITING);
        if (room.isEmpty()) {
            return CompletableFuture.completedFuture(new NotAsked());
        }
        PendingCheck question = new PendingCheck(
                domain,
                client,
                ClientDomain.of(domain, client),
                room.get(),
                new CompletableFuture<>(),
                new CompletableFuture<>());
        if (beginOrQueue(question)) {
            ask(question);
        }
        return question.verdict();
    }

    private boolean beginOrQueue(PendingCheck question) {
        boolean isRefused;
        synchronized (this) {
            if (take(question)) {
                return true;
            }
            Deque<PendingCheck> line = lines.computeIfAbsent(question.client(), any -> new ArrayDeque<>());
            isRefused = line.size() >= limit;
            if (!isRefused) {
                line.add(question);
                waiting++;
            }
        }
        if (isRefused) {
            refuse(question);
            return false;
        }
        Background.whenDone(
                question.turn().completeOnTimeout(false, patience.toNanos(), TimeUnit.NANOSECONDS),
                (isIts, failure) -> {
                    if (!isIts) {
                        leaveLine(question);
                        refuse(question);
                    }
                });
        return false;
    }

    private static void refuse(PendingCheck question) {
        question.memory().close();
        question.verdict().complete(new NotAsked());
    }

    private synchronized void leaveLine(PendingCheck question) {
        Deque<PendingCheck> line = lines.get(question.client());
        if (line != null && line.remove(question)) {
            waiting--;
            if (line.isEmpty()) {
                lines.remove(question.client());
            }
        }
    }

    /** Only under the lock. */
    private boolean take(PendingCheck question) {
        if (held(question.client()) >= limit - underWay
                || question.below()
                        .filter(below -> held(below) >= Math.max(1, limit / DOMAINS_SHARE))
                        .isPresent()
                || !question.memory().tryResize(BYTES_UNDER_WAY)) {
            return false;
        }
        underWay++;
        held.merge(question.client(), 1, Integer::sum);
        question.below().ifPresent(below -> held.merge(below, 1, Integer::sum));
        return true;
    }

    private int held(Object holder) {
        return held.getOrDefault(holder, 0);
    }

    private void ask(PendingCheck question) {
        CompletionStage<DomainVerdict> asked;
        try {
            asked = origin.verdict(question.domain(), question.client());
        } catch (RuntimeException broken) {
            asked = CompletableFuture.failedFuture(broken);
        }
        asked.whenComplete((verdict, failure) -> {
            // Before the verdict is completed, so that the next lookup of the same client finds the place.
            release(question);
            if (failure == null) {
                question.verdict().complete(verdict);
            } else {
                question.verdict().completeExceptionally(failure);
            }
            grant();
        });
    }

    private synchronized void release(PendingCheck question) {
        question.memory().close();
        underWay--;
        held.computeIfPresent(question.client(), (any, places) -> places > 1 ? places - 1 : null);
        question.below()
                .ifPresent(below -> held.computeIfPresent(below, (any, places) -> places > 1 ? places - 1 : null));
    }

    /**
     * Begins the waiting lookups that have a place now. Only one thread at a time does so, and never recursively,
     * however quickly the answers come.
     */
    private void grant() {
        synchronized (this) {
            if (isGranting || waiting == 0) {
                return;
            }
            isGranting = true;
        }
        for (Optional<PendingCheck> next = next(); next.isPresent(); next = next()) {
            PendingCheck question = next.get();
            if (question.turn().complete(true)) {
                ask(question);
            } else {
                release(question);
            }
        }
    }

    private synchronized Optional<PendingCheck> next() {
        for (ClientNetwork client : lines.keySet().toArray(ClientNetwork[]::new)) {
            // A client at its limit is skipped.
            for (Iterator<PendingCheck> line =
                            Objects.requireNonNull(lines.get(client)).iterator();
                    held(client) < limit - underWay && line.hasNext(); ) {
                PendingCheck question = line.next();
                if (take(question)) {
                    line.remove();
                    waiting--;
                    Deque<PendingCheck> rest = lines.remove(client);
                    if (!rest.isEmpty()) {
                        lines.put(client, rest);
                    }
                    return Optional.of(question);
                }
            }
        }
        isGranting = false;
        return Optional.empty();
    }

    /** Lookups in flight. */
    public synchronized int underWay() {
        return underWay;
    }

    /** Lookups that wait for a place. */
    public synchronized int waiting() {
        return waiting;
    }
}
