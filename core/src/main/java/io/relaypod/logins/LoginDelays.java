package io.relaypod.logins;

import java.net.InetAddress;
import java.time.Duration;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;

/**
 * How long the answer to a failed login waits, counted from the try's arrival: a second for an address' first, one more
 * each time, up to five. That is longer than a hash takes, so that the time does not say whether there is a login of
 * that name. An address is forgotten ten minutes after its last failure. Who logs in rightly never waits. Bounded;
 * thread-safe.
 */
public final class LoginDelays {

    private static final Duration STEP = Duration.ofSeconds(1);
    private static final int MAX_STEPS = 5;
    private static final Duration MEMORY = Duration.ofMinutes(10);
    private static final int ADDRESSES = 10_000;

    private final Cache<InetAddress, Integer> byAddress;

    public LoginDelays(Ticker ticker) {
        this.byAddress = Caffeine.newBuilder()
                .ticker(ticker)
                .maximumSize(ADDRESSES)
                .expireAfterWrite(MEMORY)
                .executor(Runnable::run)
                .build();
    }

    /** Counts a failure, and says when, after the try came, it is to be answered. */
    public Duration failed(InetAddress client) {
        return STEP.multipliedBy(Math.min(MAX_STEPS, byAddress.asMap().merge(client, 1, Integer::sum)));
    }
}
