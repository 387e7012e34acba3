/**
 * The Apache Artemis broker, in this process or remote: connections, queues, management commands. Nothing here knows
 * how a message stores a mail.
 */
package io.relaypod.server.queue.broker;
