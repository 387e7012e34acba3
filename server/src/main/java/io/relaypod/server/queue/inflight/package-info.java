/** Marks of the mails in flight, which identify a mail that ends the process. */
package io.relaypod.server.queue.inflight;
