/** Format and content of log lines. */
@NullMarked
package io.relaypod.server.logs;

import org.jspecify.annotations.NullMarked;
