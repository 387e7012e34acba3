package io.relaypod.events;

/** Called for each event, in the thread that publishes it. Must not wait, and must be thread-safe. */
@FunctionalInterface
public interface MailEventListener {

    void onEvent(MailEvent event);
}
