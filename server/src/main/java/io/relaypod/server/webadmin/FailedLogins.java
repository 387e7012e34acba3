package io.relaypod.server.webadmin;

import java.time.Duration;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;

/**
 * Slows down whoever tries passwords, without a thread that waits: after some wrong ones an address is not listened to
 * for a second, then for two, and so on up to a minute. It is forgotten five minutes after its last. Bounded;
 * thread-safe.
 */
final class FailedLogins {

    static final int FREE_TRIES = 5;
    static final Duration LONGEST_DEAFNESS = Duration.ofMinutes(1);

    private static final Duration MEMORY = Duration.ofMinutes(5);
    private static final int ADDRESSES = 10_000;
    private static final int LONGEST_SHIFT = 6;

    private final Ticker ticker;
    private final Cache<String, Failures> byAddress;

    private record Failures(int count, long deafUntil) {}

    FailedLogins(Ticker ticker) {
        this.ticker = ticker;
        this.byAddress = Caffeine.newBuilder()
                .ticker(ticker)
                .maximumSize(ADDRESSES)
                .expireAfterWrite(MEMORY)
                .executor(Runnable::run)
                .build();
    }

    /** Whether what the address says is not even looked at now. */
    boolean isDeafTo(String address) {
        Failures failures = byAddress.getIfPresent(address);
        return failures != null && failures.count() >= FREE_TRIES && ticker.read() < failures.deafUntil();
    }

    void failed(String address) {
        byAddress.asMap().merge(address, new Failures(1, ticker.read()), (before, first) -> {
            int count = before.count() + 1;
            long seconds = 1L << Math.min(LONGEST_SHIFT, Math.max(0, count - FREE_TRIES));
            return new Failures(
                    count, ticker.read() + Math.min(Duration.ofSeconds(seconds).toNanos(), LONGEST_DEAFNESS.toNanos()));
        });
    }

    void succeeded(String address) {
        byAddress.invalidate(address);
    }
}
