package io.relaypod.graph;

import java.time.Instant;

/**
 * How copies are healed. Immutable.
 *
 * @param mode the setting GRAPH_HEAL
 * @param withdrawn takes copies that Graph never accepts
 * @param listener hears of each file that is moved
 * @param boot when the machine was started: what was written before may be incomplete, as smtp2graph syncs nothing
 */
public record HealSettings(HealMode mode, WithdrawnCopies withdrawn, HealingListener listener, Instant boot) {

    /** The setting GRAPH_HEAL. */
    public enum HealMode {
        /** Where smtp2graph's volume can be written. */
        AUTO,
        ON,
        OFF
    }
}
