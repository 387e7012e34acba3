package io.relaypod.server.quota;

import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.quota.QuotaKind;
import io.relaypod.quota.QuotaState;
import io.relaypod.quota.RecipientQuota;

/** Recipients, limit and forecast of each quota. */
public final class QuotaMeters {

    private QuotaMeters() {}

    public static void register(RecipientQuota quota, MeterRegistry meters) {
        for (QuotaKind kind : QuotaKind.values()) {
            gauge("recipients", kind, quota, QuotaState::used, 0)
                    .description("Recipients of the last 24 hours: of the busiest mailbox, or outside of the tenant")
                    .register(meters);
            gauge("limit", kind, quota, QuotaState::limit, 0)
                    .description("Recipients in 24 hours beyond which mail waits; 0 for no limit")
                    .register(meters);
            gauge(
                            "reached.in",
                            kind,
                            quota,
                            state -> state.reachedIn()
                                    .map(in -> in.toSeconds() / 1.0)
                                    .orElse(Double.POSITIVE_INFINITY),
                            Double.POSITIVE_INFINITY)
                    .baseUnit("seconds")
                    .description("Time until the limit is reached at the pace of the last hour; +Inf beyond a day")
                    .register(meters);
        }
    }

    private static Gauge.Builder<RecipientQuota> gauge(
            String name, QuotaKind kind, RecipientQuota quota, ToDoubleFunction<QuotaState> value, double without) {
        return Gauge.builder(
                        "relaypod.quota." + name,
                        quota,
                        of -> state(of.states(), kind)
                                .map(state -> value.applyAsDouble(state))
                                .orElse(without))
                .tag("quota", kind.label())
                .strongReference(true);
    }

    private static Optional<QuotaState> state(List<QuotaState> states, QuotaKind kind) {
        return states.stream().filter(state -> state.kind() == kind).findFirst();
    }
}
