/** The bounds and credentials of James' webadmin, and the routes that relaypod adds: domains, configuration, trace. */
@NullMarked
package io.relaypod.server.webadmin;

import org.jspecify.annotations.NullMarked;
