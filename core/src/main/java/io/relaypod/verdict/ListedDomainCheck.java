package io.relaypod.verdict;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

import io.relaypod.address.DomainSet;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.verdict.DomainVerdict.Allowed;
import io.relaypod.verdict.DomainVerdict.Denied;

/** What the admin's lists say goes before what DNS says; a domain on both is allowed. Thread-safe. */
public final class ListedDomainCheck implements DomainCheck {

    private final DomainCheck origin;
    private final Supplier<DomainSet> allowed;
    private final Supplier<DomainSet> denied;

    /**
     * @param allowed asked at each verdict, so that a list can change
     * @param denied likewise
     */
    public ListedDomainCheck(DomainCheck origin, Supplier<DomainSet> allowed, Supplier<DomainSet> denied) {
        this.origin = origin;
        this.allowed = allowed;
        this.denied = denied;
    }

    @Override
    public CompletionStage<DomainVerdict> verdict(MailDomain domain, ClientNetwork client) {
        if (allowed.get().contains(domain)) {
            return CompletableFuture.completedFuture(new Allowed());
        }
        return denied.get().contains(domain)
                ? CompletableFuture.completedFuture(new Denied())
                : origin.verdict(domain, client);
    }
}
