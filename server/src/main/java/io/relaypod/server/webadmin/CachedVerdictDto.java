package io.relaypod.server.webadmin;

import java.time.Instant;

import io.relaypod.verdict.CachedDomainCheck.CachedVerdict;

/**
 * A cached verdict in JSON.
 *
 * @param since the time of the answer of DNS
 * @param stale whether its time to live is over, so that it is used only if DNS fails
 */
record CachedVerdictDto(String domain, VerdictDto verdict, Instant since, boolean stale) {

    static CachedVerdictDto of(CachedVerdict memory, Instant now) {
        return new CachedVerdictDto(
                memory.domain().toString(), VerdictDto.of(memory.verdict()), now.minus(memory.age()), memory.isStale());
    }
}
