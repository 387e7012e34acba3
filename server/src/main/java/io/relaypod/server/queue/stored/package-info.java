/** How a mail is stored in a message of the broker: envelope, body, and the filter that finds it. */
@NullMarked
package io.relaypod.server.queue.stored;

import org.jspecify.annotations.NullMarked;
