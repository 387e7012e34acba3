package io.relaypod.server.james;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.gateway.RawMessage;
import io.relaypod.mailets.Addresses;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import io.relaypod.mime.MessageCost;
import org.apache.james.mailetcontainer.api.MailProcessor;
import org.apache.james.mailetcontainer.impl.CompositeProcessorImpl;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a mail into the processors when the memory that it takes there is free: the spooler's threads share
 * {@link MemoryUse#MESSAGES}. A mail is measured in a stream, before any object is made of it. One that takes more than
 * the whole share, as a version without limits at the end of DATA may have accepted, goes to the error processor
 * unopened. Thread-safe.
 */
final class BudgetedMailProcessor implements MailProcessor {

    private static final Logger LOGGER = LoggerFactory.getLogger(BudgetedMailProcessor.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final MailProcessor processors;
    private final MemoryBudget budget;
    private final MailEventPublisher events;

    @Inject
    BudgetedMailProcessor(CompositeProcessorImpl processors, MemoryBudget budget, MailEventPublisher events) {
        this((MailProcessor) processors, budget, events);
    }

    BudgetedMailProcessor(MailProcessor processors, MemoryBudget budget, MailEventPublisher events) {
        this.processors = processors;
        this.budget = budget;
        this.events = events;
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        long bytes = cost(mail);
        long most = budget.limit(MemoryUse.MESSAGES);
        if (bytes > most) {
            String reason = "would take " + bytes + " bytes of memory to read; at most " + most + " are there";
            events.publish(new MailFailed(
                    mail.getName(), mail.getMaybeSender().asString(""), Addresses.texts(mail.getRecipients()), reason));
            mail.setErrorMessage(reason);
            mail.setState(Mail.ERROR);
            processors.service(mail);
            return;
        }
        try (Reservation memory = reserve(mail, bytes)) {
            processors.service(mail);
        } catch (OutOfMemoryError theProcessEnds) {
            throw theProcessEnds;
        } catch (Error broken) {
            // The spooler would lose the thread's place, and the mail stay where it is: it hears of exceptions only.
            throw new MessagingException(
                    "mail " + mail.getName() + " could not be processed: " + broken, new IllegalStateException(broken));
        }
    }

    private static long cost(Mail mail) throws MessagingException {
        try {
            return MessageCost.of(RawMessage.of(mail).source()).bytes();
        } catch (IOException notRead) {
            throw new MessagingException("mail " + mail.getName() + " could not be read", notRead);
        }
    }

    // The mails that hold the memory end by the deadlines of the delivery.
    private Reservation reserve(Mail mail, long bytes) throws MessagingException {
        try {
            while (true) {
                Optional<Reservation> memory = budget.reserve(MemoryUse.MESSAGES, bytes, PATIENCE);
                if (memory.isPresent()) {
                    return memory.get();
                }
                LOGGER.warn(
                        "event=waits-for-memory queue-id={} bytes={} reserved={}",
                        mail.getName(),
                        bytes,
                        budget.reserved(MemoryUse.MESSAGES));
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            throw new MessagingException(
                    "mail " + mail.getName() + " waited for memory when the relay stopped", stopping);
        }
    }
}
