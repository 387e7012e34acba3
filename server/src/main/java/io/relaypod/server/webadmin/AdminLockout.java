package io.relaypod.server.webadmin;

import java.time.Duration;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;

/**
 * Slows down the guessing of passwords without a thread that waits. After some wrong passwords an address is refused
 * for a second, then for two, and so on up to a minute. Its count ends five minutes after its last wrong password.
 * Bounded; thread-safe.
 */
final class AdminLockout {

    static final int FREE_TRIES = 5;
    static final Duration MAX_BLOCK = Duration.ofMinutes(1);

    private static final Duration MEMORY = Duration.ofMinutes(5);
    private static final int ADDRESSES = 10_000;
    private static final int LONGEST_SHIFT = 6;

    private final Ticker ticker;
    private final Cache<String, Failures> byAddress;

    private record Failures(int count, long blockedUntil) {}

    AdminLockout(Ticker ticker) {
        this.ticker = ticker;
        this.byAddress = Caffeine.newBuilder()
                .ticker(ticker)
                .maximumSize(ADDRESSES)
                .expireAfterWrite(MEMORY)
                .executor(Runnable::run)
                .build();
    }

    /** Whether the address is refused now, whatever its credentials are. */
    boolean isBlocked(String address) {
        Failures failures = byAddress.getIfPresent(address);
        return failures != null && failures.count() >= FREE_TRIES && ticker.read() < failures.blockedUntil();
    }

    void failed(String address) {
        byAddress.asMap().merge(address, new Failures(1, ticker.read()), (before, first) -> {
            int count = before.count() + 1;
            long seconds = 1L << Math.min(LONGEST_SHIFT, Math.max(0, count - FREE_TRIES));
            return new Failures(
                    count, ticker.read() + Math.min(Duration.ofSeconds(seconds).toNanos(), MAX_BLOCK.toNanos()));
        });
    }

    void succeeded(String address) {
        byAddress.invalidate(address);
    }
}
