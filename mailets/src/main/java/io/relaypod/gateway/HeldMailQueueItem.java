package io.relaypod.gateway;

import org.apache.james.queue.api.MailQueue.MailQueueItem;

/** An item that may stay with its subscriber for long after the work on it has ended. */
public interface HeldMailQueueItem extends MailQueueItem {

    /**
     * Ends the work on the mail, which stays in the queue until {@link #done}. A crash from now on does not make it a
     * suspect, and a stop does not wait for it.
     */
    void held();
}
