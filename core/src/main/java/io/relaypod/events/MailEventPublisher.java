package io.relaypod.events;

/**
 * Where it is told what happens to mails.
 *
 * <pre>{@code
 * events.tell(new MailEvent.Queued(mail.getName(), recipients));
 * }</pre>
 */
@FunctionalInterface
public interface MailEventPublisher {

    /**
     * Returns at once and never fails, whatever is done with the event. Called by many threads at once, at RCPT for
     * every recipient.
     */
    void tell(MailEvent event);
}
