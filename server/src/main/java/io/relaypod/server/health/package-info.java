/** James health checks of the relay. An unhealthy result makes the relay unready; a degraded result does not. */
@NullMarked
package io.relaypod.server.health;

import org.jspecify.annotations.NullMarked;
