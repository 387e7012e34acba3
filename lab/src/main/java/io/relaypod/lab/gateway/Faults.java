package io.relaypod.lab.gateway;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** The pending faults by phase. Thread-safe. */
final class Faults {

    private record Pending(Fault fault, int times) {}

    private final Map<Phase, Pending> pending = new EnumMap<>(Phase.class);

    synchronized void put(Phase phase, Fault fault, int times) {
        pending.put(phase, new Pending(fault, times));
    }

    synchronized Optional<Fault> take(Phase phase) {
        Pending next = pending.get(phase);
        if (next == null) {
            return Optional.empty();
        }
        if (next.times() == 1) {
            pending.remove(phase);
        } else {
            pending.put(phase, new Pending(next.fault(), next.times() - 1));
        }
        return Optional.of(next.fault());
    }

    synchronized void clear() {
        pending.clear();
    }
}
