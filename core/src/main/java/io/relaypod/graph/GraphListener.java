package io.relaypod.graph;

/**
 * Called for each change of a copy, on the one thread that follows smtp2graph's directories, in the order of the
 * changes. Must not wait: an acceptance is published within 100 ms of the deletion. A change may be published twice
 * after a crash of the relay.
 */
@FunctionalInterface
public interface GraphListener {

    void onChange(CopyChange change);
}
