package io.relaypod.verdict;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What a recipient's domain must offer, and how long its verdict holds.
 *
 * @param cacheTtl how long a verdict is remembered
 * @param staleTtl how long it is kept for when DNS fails
 * @param cacheSize how many domains are remembered
 * @param maxInflight how many domains are asked about at once
 * @param onDnsFailure what happens to a recipient whose domain DNS says nothing about
 * @param verifyTargets whether a mail exchanger must have an address that the Internet can reach
 * @param allowAddressLiterals whether {@code user@[192.0.2.1]} is accepted
 * @param allowFile domains accepted without asking DNS
 * @param denyFile domains refused without asking DNS
 * @param suggest whether a refusal names the provider that may have been meant
 * @param providersFile providers of the admin's own to suggest
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

    /** What happens to a recipient whose domain DNS says nothing about. */
    public enum OnDnsFailure {
        /** The client is told to try again later. */
        TRY_LATER,
        /** The recipient is accepted unchecked. */
        ACCEPT
    }
}
