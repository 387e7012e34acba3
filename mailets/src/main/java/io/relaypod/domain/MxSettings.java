package io.relaypod.domain;

import java.time.Duration;

/**
 * What a recipient's domain must offer, and how long its verdict holds.
 *
 * @param cacheTtl             how long a verdict is remembered
 * @param cacheSize            how many domains are remembered
 * @param onDnsFailure         what happens to a recipient whose domain DNS says nothing about
 * @param allowAddressLiterals whether {@code user@[192.0.2.1]} is accepted
 */
public record MxSettings(Duration cacheTtl, long cacheSize, OnDnsFailure onDnsFailure, boolean allowAddressLiterals) {

    /** What happens to a recipient whose domain DNS says nothing about. */
    public enum OnDnsFailure {
        /** The client is told to try again later. */
        TRY_LATER,
        /** The recipient is accepted unchecked. */
        ACCEPT
    }
}
