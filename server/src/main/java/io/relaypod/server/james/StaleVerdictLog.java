package io.relaypod.server.james;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.address.MailDomain;
import io.relaypod.verdict.CachedDomainCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts the stale verdicts that are used while DNS fails, and says so once a minute at most. Thread-safe. */
final class StaleVerdictLog implements CachedDomainCheck.StaleListener {

    private static final Logger LOGGER = LoggerFactory.getLogger(StaleVerdictLog.class);
    private static final Duration SILENCE = Duration.ofMinutes(1);

    private final Counter used;
    private final Clock clock;
    private final AtomicReference<Instant> nextLine = new AtomicReference<>(Instant.EPOCH);

    StaleVerdictLog(MeterRegistry meters, Clock clock) {
        this.used = Counter.builder("relaypod.stale.verdicts")
                .description("Verdicts past their time that were used while DNS failed")
                .register(meters);
        this.clock = clock;
    }

    @Override
    public void staleVerdictUsed(MailDomain domain) {
        used.increment();
        Instant now = clock.instant();
        Instant next = nextLine.get();
        if (!now.isBefore(next) && nextLine.compareAndSet(next, now.plus(SILENCE))) {
            LOGGER.warn("event=stale-verdict domain={} used-so-far={} reason=\"DNS does not answer\"", domain, (long)
                    used.count());
        }
    }
}
