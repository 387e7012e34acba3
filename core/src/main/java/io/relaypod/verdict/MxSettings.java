package io.relaypod.verdict;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The settings of the RCPT rule: requirements on the domain of a recipient, and the cache of verdicts.
 *
 * @param cacheTtl the time to live of a verdict
 * @param staleTtl how long a verdict may be used if DNS fails
 * @param cacheSize the largest number of cached verdicts
 * @param maxInflight the largest number of domains with a lookup in flight
 * @param onDnsFailure what happens to a recipient if DNS fails for its domain
 * @param verifyTargets whether a mail exchanger must have an address that the Internet can reach
 * @param allowAddressLiterals whether {@code user@[192.0.2.1]} is accepted
 * @param allowFile domains accepted without asking DNS
 * @param denyFile domains refused without asking DNS
 * @param suggest whether a refusal names the provider that may have been meant
 * @param providersFile further providers to suggest
 */
public record MxSettings(
        Duration cacheTtl,
        Duration staleTtl,
        long cacheSize,
        int maxInflight,
        OnDnsFailure onDnsFailure,
        boolean verifyTargets,
        boolean allowAddressLiterals,
        Optional<Path> allowFile,
        Optional<Path> denyFile,
        boolean suggest,
        Optional<Path> providersFile) {

    /** What happens to a recipient if DNS fails for its domain. */
    public enum OnDnsFailure {
        /** The client is told to try again later. */
        TRY_LATER,
        /** The recipient is accepted unchecked. */
        ACCEPT
    }
}
