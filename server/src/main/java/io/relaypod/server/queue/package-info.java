/**
 * The mail queues: on the disk before anybody is told {@code 250}, off it only when the next stage has the mail. One
 * implementation of James' queue on the core client of Apache Artemis; the broker runs in this process, or elsewhere.
 */
@NullMarked
package io.relaypod.server.queue;

import org.jspecify.annotations.NullMarked;
