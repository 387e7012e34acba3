/**
 * What stands between the relay and Graph: Mailpit, real or imitated, and an imitation of smtp2graph.
 *
 * <p>The imitations answer and fail as the real programs were seen to; {@code MailpitContract} in the tests holds the
 * real Mailpit and the imitation to the same statements.
 */
@NullMarked
package io.relaypod.lab.gateway;

import org.jspecify.annotations.NullMarked;
