package io.relaypod.graph;

import java.time.Instant;
import java.util.Optional;

/**
 * A copy got into another state, or another attempt failed.
 *
 * @param copy which
 * @param state now; {@link CopyState#DEFERRED} and {@link CopyState#STUCK} are published for each failed attempt
 * @param at when, by the relay's clock
 * @param error of the last attempt; empty before the first failure, and for a copy that was accepted
 */
public record CopyChange(GraphCopy copy, CopyState state, Instant at, Optional<GraphError> error) {}
