package io.relaypod.verdict;

import java.time.Duration;
import java.util.Optional;

import io.relaypod.verdict.MxSettings.OnDnsFailure;

/** The settings of the RCPT rule, of which tests vary a few: an hour, a day, and nothing that is off by default. */
final class MxSettingsFixture {

    private static final int MAX_INFLIGHT = 256;

    private MxSettingsFixture() {}

    static MxSettings remembering(long cacheSize) {
        return settings(cacheSize, OnDnsFailure.TRY_LATER, false);
    }

    static MxSettings rule(OnDnsFailure onDnsFailure, boolean allowAddressLiterals) {
        return settings(1_000, onDnsFailure, allowAddressLiterals);
    }

    private static MxSettings settings(long cacheSize, OnDnsFailure onDnsFailure, boolean allowAddressLiterals) {
        return new MxSettings(
                Duration.ofHours(1),
                Duration.ofDays(1),
                cacheSize,
                MAX_INFLIGHT,
                onDnsFailure,
                false,
                allowAddressLiterals,
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty());
    }
}
