package io.relaypod.graph;

/** Called on the thread that follows smtp2graph's directories, for each file that the relay moves. Must not wait. */
@FunctionalInterface
public interface HealingListener {

    /** What the relay did with a file. */
    enum HealingMove {
        /** Put into {@code queue/} again, so that smtp2graph attempts it at once. */
        RETRIED,
        /** Moved from {@code temp/} to {@code queue/}: smtp2graph answered 250 and crashed. */
        RESCUED
    }

    /** @param error of the last attempt; {@link GraphCode#OTHER} without words if there was none */
    void onMove(GraphCopy copy, HealingMove move, GraphError error);
}
