package io.relaypod.events;

/**
 * Hears of everything that happens to mails, in the thread in which it happens: it must not wait, and is called by many
 * threads at once.
 */
@FunctionalInterface
public interface MailEventListener {

    void onEvent(MailEvent event);
}
