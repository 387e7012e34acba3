package io.relaypod.server.queue;

/**
 * The result of the request to try a mail now.
 *
 * @param ready mails that are ready now, the copies of a split mail included
 * @param rateLimited mails that keep waiting for their mailbox's rate
 */
public record RetryResult(long ready, long rateLimited) {}
