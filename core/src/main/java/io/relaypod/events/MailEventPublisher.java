package io.relaypod.events;

/**
 * Where it is told what happens to mails.
 *
 * <pre>{@code
 * events.publish(new MailEvent.MailQueued(mail.getName(), recipients));
 * }</pre>
 */
@FunctionalInterface
public interface MailEventPublisher {

    /**
     * Returns at once and never fails, whatever is done with the event. Called by many threads at once, at RCPT for
     * every recipient.
     */
    void publish(MailEvent event);
}
