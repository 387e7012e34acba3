/**
 * The Apache Artemis broker, in this process or remote: connections, queues, management commands. Nothing here knows
 * how a message stores a mail.
 */
@NullMarked
package io.relaypod.server.queue.broker;

import org.jspecify.annotations.NullMarked;
