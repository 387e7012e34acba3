package io.relaypod.server.webadmin;

import java.time.Instant;

import io.relaypod.verdict.CachedDomainCheck.CachedVerdict;

/**
 * A remembered verdict in JSON.
 *
 * @param since when DNS said so
 * @param stale whether it is past its time, and used only when DNS fails
 */
record CachedVerdictDto(String domain, VerdictDto verdict, Instant since, boolean stale) {

    static CachedVerdictDto of(CachedVerdict memory, Instant now) {
        return new CachedVerdictDto(
                memory.domain().toString(), VerdictDto.of(memory.verdict()), now.minus(memory.age()), memory.isStale());
    }
}
