/** The bounds and credentials of James' webadmin, and the routes that relaypod adds: domains, configuration, trace. */
package io.relaypod.server.webadmin;
