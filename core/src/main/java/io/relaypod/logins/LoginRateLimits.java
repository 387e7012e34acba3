package io.relaypod.logins;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.relaypod.throttle.SenderRateLimiter;
import io.relaypod.throttle.SendingRate;

/**
 * Holds each login to its own rate. Counts begin anew with the process, and where a login's rate changes. Thread-safe.
 */
public final class LoginRateLimits {

    private final Clock clock;
    private final Map<String, LoginRate> byName = new ConcurrentHashMap<>();

    private record LoginRate(SendingRate rate, SenderRateLimiter rateLimiter) {}

    public LoginRateLimits(Clock clock) {
        this.clock = clock;
    }

    /**
     * Counts a mail of the login if it may send one now.
     *
     * @return zero if so, else how long until it may
     */
    public Duration tryTake(Login login) {
        if (login.rate().isEmpty()) {
            return Duration.ZERO;
        }
        SenderRateLimiter rateLimiter = byName.compute(
                        login.name(),
                        (name, before) -> before != null
                                        && before.rate().equals(login.rate().get())
                                ? before
                                : new LoginRate(
                                        login.rate().get(),
                                        SenderRateLimiter.withoutSpacing(
                                                login.rate().get(), clock)))
                .rateLimiter();
        return rateLimiter.tryAcquire(login.name()) ? Duration.ZERO : rateLimiter.waitingTime(login.name(), 0);
    }
}
