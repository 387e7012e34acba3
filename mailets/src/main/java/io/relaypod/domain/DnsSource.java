package io.relaypod.domain;

import java.util.concurrent.CompletableFuture;

import org.xbill.DNS.Message;
import org.xbill.DNS.Name;

/** Where answers to questions about names come from. Thread-safe. */
@FunctionalInterface
public interface DnsSource {

    /**
     * @param name absolute
     * @param type as {@link org.xbill.DNS.Type} has it
     * @return the answer, which says that there are records or that there are none; fails when DNS says neither, within a bounded time
     */
    CompletableFuture<Message> ask(Name name, int type);
}
