/** James' health checks of a relay. One that is unhealthy makes the relay unready; one that is degraded does not. */
@NullMarked
package io.relaypod.server.health;

import org.jspecify.annotations.NullMarked;
