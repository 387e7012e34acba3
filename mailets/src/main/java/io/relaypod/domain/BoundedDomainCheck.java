package io.relaypod.domain;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;

import io.relaypod.domain.DomainVerdict.NotAsked;

/**
 * Bounds how many questions are under way at once; beyond it the verdict is {@link NotAsked}, at once. Thread-safe.
 */
public final class BoundedDomainCheck implements DomainCheck {

    private final DomainCheck origin;
    private final Semaphore free;
    private final int limit;

    public BoundedDomainCheck(DomainCheck origin, int limit) {
        this.origin = origin;
        this.limit = limit;
        this.free = new Semaphore(limit);
    }

    @Override
    public CompletionStage<DomainVerdict> verdict(MailDomain domain) {
        if (!free.tryAcquire()) {
            return CompletableFuture.completedFuture(new NotAsked());
        }
        try {
            return origin.verdict(domain).whenComplete((verdict, failure) -> free.release());
        } catch (RuntimeException broken) {
            free.release();
            throw broken;
        }
    }

    /** Questions under way now. */
    public int underWay() {
        return limit - free.availablePermits();
    }
}
