package io.relaypod.server.queue;

import java.time.Duration;
import java.util.concurrent.Executor;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.queue.broker.BrokerLink;
import io.relaypod.server.queue.inflight.InFlightMails;

/**
 * What all mail queues of a broker share.
 *
 * @param threads run one task for each share of each subscriber, and write large mails
 * @param memory has a share for large envelopes
 * @param quarantine is given mails that have ended the process
 * @param redeliverAfter the time from a failure to read or remove a mail to its redelivery
 */
record QueueResources(
        Broker broker,
        BrokerLink link,
        Executor threads,
        MemoryBudget memory,
        InFlightMails inFlight,
        Quarantine quarantine,
        Duration redeliverAfter) {}
