package io.relaypod.dns;

import java.util.concurrent.CompletableFuture;

import org.xbill.DNS.Name;

/** Where answers to questions about names come from. Thread-safe. */
@FunctionalInterface
public interface DnsLookup {

    /**
     * @param name absolute
     * @param type as {@link org.xbill.DNS.Type} has it
     * @return the answer; fails when DNS has none that can be believed, within a bounded time. Whoever needs it no more
     *     cancels it
     */
    CompletableFuture<DnsAnswer> ask(Name name, int type);
}
