package io.relaypod.server.queue;

import java.time.Duration;

/**
 * The messages that wait because their sender has reached its rate limit.
 *
 * @param mails how many wait, of all senders
 * @param longest how long the next message of the sender with the most messages would wait
 */
public record PerSenderBacklog(long mails, Duration longest) {}
