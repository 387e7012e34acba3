package io.relaypod.server.james;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.inject.Inject;
import javax.mail.MessagingException;

import org.apache.james.mailetcontainer.api.MailProcessor;
import org.apache.mailet.Mail;

/**
 * Leaves some of the spooler's threads to other senders: of one sender, an envelope sender at a client address, a
 * bounded number of mails is in the processors at a time; its further mails wait in their threads, of which the spooler
 * has more. Thread-safe.
 */
final class FairMailProcessor implements MailProcessor {

    /** At a time; {@code <threads>} of mailetcontainer.xml are about twice as many. */
    static final int OF_ONE_SENDER = 16;

    private final MailProcessor processors;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private final Map<Sender, Integer> active = new HashMap<>();

    private record Sender(String address, String client) {

        static Sender of(Mail mail) {
            return new Sender(mail.getMaybeSender().asString(""), String.valueOf(mail.getRemoteAddr()));
        }
    }

    @Inject
    FairMailProcessor(BudgetedMailProcessor processors) {
        this((MailProcessor) processors);
    }

    FairMailProcessor(MailProcessor processors) {
        this.processors = processors;
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        Sender sender = Sender.of(mail);
        begin(mail, sender);
        try {
            processors.service(mail);
        } finally {
            end(sender);
        }
    }

    // The mails that are in the processors end by the deadlines of the delivery.
    private void begin(Mail mail, Sender sender) throws MessagingException {
        lock.lock();
        try {
            while (active.getOrDefault(sender, 0) >= OF_ONE_SENDER) {
                released.await();
            }
            active.merge(sender, 1, Integer::sum);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new MessagingException(
                    "mail " + mail.getName() + " waited for its sender's other mails when the relay stopped", stopping);
        } finally {
            lock.unlock();
        }
    }

    private void end(Sender sender) {
        lock.lock();
        try {
            active.computeIfPresent(sender, (same, count) -> count == 1 ? null : count - 1);
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
