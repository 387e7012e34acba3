/** The SMTP server: James' server with the handlers of a relay. No client waits for another one. */
@NullMarked
package io.relaypod.server.smtp;

import org.jspecify.annotations.NullMarked;
