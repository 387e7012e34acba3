/** The owner of the server's threads. */
@NullMarked
package io.relaypod.server.threads;

import org.jspecify.annotations.NullMarked;
