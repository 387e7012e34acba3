package io.relaypod.server.webadmin;

import java.time.Instant;

import io.relaypod.verdict.CachedDomainCheck.Memory;

/**
 * A remembered verdict in JSON.
 *
 * @param since when DNS said so
 * @param stale whether it is past its time, and used only when DNS fails
 */
record MemoryDto(String domain, VerdictDto verdict, Instant since, boolean stale) {

    static MemoryDto of(Memory memory, Instant now) {
        return new MemoryDto(
                memory.domain().toString(), VerdictDto.of(memory.verdict()), now.minus(memory.age()), memory.isStale());
    }
}
