package io.relaypod.server.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;

/** The memory that peers hold of the memory budget, by use. */
public final class MemoryMeters implements MeterBinder {

    private static final String USE = "use";

    private final MemoryBudget budget;

    public MemoryMeters(MemoryBudget budget) {
        this.budget = budget;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("relaypod.memory.budget.size", budget, MemoryBudget::size)
                .baseUnit("bytes")
                .description("Heap that peers may hold, all uses together")
                .register(registry);
        for (MemoryUse use : MemoryUse.values()) {
            Gauge.builder("relaypod.memory.budget", budget, of -> of.reserved(use))
                    .tag(USE, use.label())
                    .baseUnit("bytes")
                    .description("Memory that peers hold of the memory budget")
                    .register(registry);
            Gauge.builder("relaypod.memory.budget.limit", budget, of -> of.limit(use))
                    .tag(USE, use.label())
                    .baseUnit("bytes")
                    .description("Memory that one use may hold")
                    .register(registry);
            FunctionCounter.builder("relaypod.memory.budget.refusals", budget, of -> of.refusals(use))
                    .tag(USE, use.label())
                    .description("Refused reservations")
                    .register(registry);
        }
    }
}
