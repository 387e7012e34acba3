/**
 * The programs between the relay and Graph: Mailpit, real or as a stand-in, and a stand-in for smtp2graph.
 *
 * <p>The stand-ins answer and fail as the real programs do. {@code MailpitContract} and {@code Smtp2GraphContract} in
 * the tests run against both.
 */
@NullMarked
package io.relaypod.lab.gateway;

import org.jspecify.annotations.NullMarked;
