package io.relaypod.server.monitoring;

import java.time.Instant;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/**
 * The counters since the start, at one moment.
 *
 * @param refused recipients refused permanently
 * @param later recipients refused temporarily, because DNS did not answer
 * @param lookups DNS lookups
 * @param lookupsLost DNS lookups without an answer
 * @param lookupMillis total time of all DNS lookups
 * @param cacheHits domains whose verdict was cached
 * @param cacheMisses domains whose verdict was not cached
 * @param queued messages in all queues
 */
record StatusSample(
        Instant at,
        MailCounts mails,
        long refused,
        long later,
        long lookups,
        long lookupsLost,
        long lookupMillis,
        long cacheHits,
        long cacheMisses,
        long queued) {

    /** Messages by result. */
    record MailCounts(long accepted, long delivered, long deferred, long failed, long refused) {}

    static StatusSample of(MeterRegistry meters, long queued, Instant now) {
        MailCounts mails = new MailCounts(
                counted(meters, "relaypod.mail.accepted"),
                counted(meters, "relaypod.mail.delivered"),
                counted(meters, "relaypod.mail.deferred"),
                counted(meters, "relaypod.mail.failed"),
                counted(meters, "relaypod.mail.refused"));
        return new StatusSample(
                now,
                mails,
                counted(meters, "relaypod.rcpt", "answer", "refused"),
                counted(meters, "relaypod.rcpt", "answer", "later"),
                lookups(meters),
                lookups(meters, "outcome", "timeout") + lookups(meters, "outcome", "failed"),
                (long) meters.find("relaypod.dns.lookup").timers().stream()
                        .mapToDouble(timer -> timer.totalTime(TimeUnit.MILLISECONDS))
                        .sum(),
                gets(meters, "hit"),
                gets(meters, "miss"),
                queued);
    }

    private static long counted(MeterRegistry meters, String counter, String... tags) {
        return (long) meters.find(counter).tags(tags).counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    private static long lookups(MeterRegistry meters, String... tags) {
        return meters.find("relaypod.dns.lookup").tags(tags).timers().stream()
                .mapToLong(Timer::count)
                .sum();
    }

    private static long gets(MeterRegistry meters, String result) {
        return (long) meters.find("cache.gets").tags("cache", "verdicts", "result", result).functionCounters().stream()
                .mapToDouble(FunctionCounter::count)
                .sum();
    }
}
