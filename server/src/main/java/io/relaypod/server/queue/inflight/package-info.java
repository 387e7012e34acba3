/** Marks of the mails in flight, which identify a mail that ends the process. */
@NullMarked
package io.relaypod.server.queue.inflight;

import org.jspecify.annotations.NullMarked;
