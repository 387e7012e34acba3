package io.relaypod.verdict;

import java.util.concurrent.CompletionStage;

import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;

/** Finds out whether a domain can receive mail. Implementations are thread-safe and never block the caller. */
@FunctionalInterface
public interface DomainCheck {

    /**
     * @param client on whose behalf; has no influence on what a verdict is, only on whether there is room to reach one
     *     now
     * @return the verdict, within a bounded time and never exceptionally: what goes wrong is
     *     {@link DomainVerdict.Unknown}
     */
    CompletionStage<DomainVerdict> verdict(MailDomain domain, ClientNetwork client);
}
