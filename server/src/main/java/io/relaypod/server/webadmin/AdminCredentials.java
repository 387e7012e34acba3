package io.relaypod.server.webadmin;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Predicate;

import com.github.benmanes.caffeine.cache.Ticker;
import io.relaypod.events.LogRateLimit;
import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the credentials of a request: a bearer token, or the password of any user (RFC 6750, RFC 7617). All wrong
 * credentials get the same answer and are counted. After several wrong ones, an address is refused for a while.
 * Thread-safe.
 */
public final class AdminCredentials {

    private static final Logger LOGGER = LoggerFactory.getLogger(AdminCredentials.class);

    private static final String BEARER = "Bearer ";
    private static final String BASIC = "Basic ";

    private final Predicate<String> areRight;
    private final Metric refused;
    private final AdminLockout lockout;
    private final LogRateLimit lines =
            new LogRateLimit(leftOut -> LOGGER.warn("event=webadmin-refused-more refusals={}", leftOut));

    /** @param areRight whether the credentials are right; thread-safe, and never fails */
    public AdminCredentials(Predicate<String> areRight, MetricFactory metrics) {
        this.areRight = areRight;
        this.refused = metrics.generate("webadmin_refused");
        this.lockout = new AdminLockout(Ticker.systemTicker());
    }

    /**
     * Whether the request is admitted.
     *
     * @param address of the client
     * @param authorization the header's value
     * @param method of the request, for the log
     */
    boolean admit(String address, Optional<String> authorization, String method) {
        Optional<String> given = authorization.flatMap(AdminCredentials::given);
        if (given.isPresent() && !lockout.isBlocked(address) && areRight.test(given.get())) {
            lockout.succeeded(address);
            return true;
        }
        refused.increment();
        if (given.isPresent()) {
            lockout.failed(address);
            if (lines.tryAcquire()) {
                LOGGER.warn("event=webadmin-refused client={} method={}", address, method);
            }
        }
        return false;
    }

    private static Optional<String> given(String header) {
        if (header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Optional.of(header.substring(BEARER.length()).strip());
        }
        if (!header.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
            return Optional.empty();
        }
        try {
            String userAndPassword = new String(
                    Base64.getDecoder().decode(header.substring(BASIC.length()).strip()), StandardCharsets.UTF_8);
            return Optional.of(userAndPassword.substring(userAndPassword.indexOf(':') + 1));
        } catch (IllegalArgumentException notBase64) {
            return Optional.of("");
        }
    }
}
