/**
 * The SMTP side: James' server with the handlers of a relay, and without what would make one client wait for another.
 */
@NullMarked
package io.relaypod.server.smtp;

import org.jspecify.annotations.NullMarked;
