/** Follows copies behind Mailpit: events, meters, the failed repository and the thread. */
@NullMarked
package io.relaypod.server.graph;

import org.jspecify.annotations.NullMarked;
