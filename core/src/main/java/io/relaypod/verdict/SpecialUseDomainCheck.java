package io.relaypod.verdict;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.dns.MailHostName;
import io.relaypod.verdict.DomainVerdict.NoMailHost;
import io.relaypod.verdict.DomainVerdict.OwnHost;

/**
 * Knows the answer for {@code localhost}, {@code invalid} (RFC 6761), {@code onion} (RFC 7686) and what is below them.
 * Thread-safe.
 */
public final class SpecialUseDomainCheck implements DomainCheck {

    private static final String LOCALHOST = "localhost";

    private final DomainCheck origin;

    public SpecialUseDomainCheck(DomainCheck origin) {
        this.origin = origin;
    }

    @Override
    public CompletionStage<DomainVerdict> verdict(MailDomain domain, ClientNetwork client) {
        String top = domain.name().substring(domain.name().lastIndexOf('.') + 1);
        if (!MailHostName.isSpecial(top)) {
            return origin.verdict(domain, client);
        }
        return CompletableFuture.completedFuture(top.equals(LOCALHOST) ? new OwnHost() : new NoMailHost(false));
    }
}
