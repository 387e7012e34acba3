package io.relaypod.events;

/**
 * Receives an event for each thing that happens to a mail.
 *
 * <pre>{@code
 * events.publish(new MailEvent.MailQueued(mail.getName(), recipients));
 * }</pre>
 */
@FunctionalInterface
public interface MailEventPublisher {

    /** Returns without waiting and never throws. Thread-safe; called for every recipient at RCPT. */
    void publish(MailEvent event);
}
