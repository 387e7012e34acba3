package io.relaypod.graph;

/**
 * Why an attempt of smtp2graph failed. Immutable.
 *
 * @param code kind of the failure
 * @param name Graph's or Entra's own code, such as {@code ErrorSendAsDenied} or {@code AADSTS7000222}; empty without
 *     one
 * @param words what Graph, Entra or smtp2graph wrote, on one line, of bounded length; may contain addresses
 */
public record GraphError(GraphCode code, String name, String words) {}
