package io.relaypod.events;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import io.relaypod.events.MailEvent.DeliveryAttempted;
import io.relaypod.events.MailEvent.DeliveryDeferred;
import io.relaypod.events.MailEvent.MailChanged;
import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEvent.MailQueued;
import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.MailEvent.MailRemoved;
import io.relaypod.events.MailEvent.MailReprocessed;
import io.relaypod.events.MailEvent.MailStored;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.verdict.RecipientAnswer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Writes a line for each event, with the mail's queue id, and passes the event on. Routine is logged at DEBUG, what an
 * operator looks for at INFO, what failed at WARN. Of a flood of refusals ten lines a second are written, and how many
 * were left out. Addresses are written in full at DEBUG, or when that is wanted; else only how many they are, and
 * {@code ***} for local parts in other people's words. Thread-safe.
 */
public final class MailEventLog implements MailEventPublisher {

    private static final Logger LOGGER = LoggerFactory.getLogger(MailEventLog.class);

    private final boolean showsAddresses;
    private final List<MailEventListener> listeners;
    private final LogRateLimit refusals = new LogRateLimit(leftOut -> LOGGER.info(
            "event=refused-more refusals={} reason=\"not logged one by one, " + "more than {} a second\"",
            leftOut,
            LogRateLimit.LINES_PER_SECOND));

    /**
     * @param showsAddresses whether addresses are written in full at every level
     * @param listeners one that fails is logged and does not disturb the others
     */
    public MailEventLog(boolean showsAddresses, Collection<? extends MailEventListener> listeners) {
        this.showsAddresses = showsAddresses;
        this.listeners = List.copyOf(listeners);
    }

    @Override
    public void publish(MailEvent event) {
        Level level = level(event);
        if (LOGGER.isEnabledForLevel(level)
                && (!isRefusal(event) || LOGGER.isDebugEnabled() || refusals.tryAcquire())) {
            LOGGER.atLevel(level).log(line(event).toString());
        }
        for (MailEventListener listener : listeners) {
            try {
                listener.onEvent(event);
            } catch (RuntimeException broken) {
                LOGGER.error(
                        "event=listener-failed listener={}", listener.getClass().getName(), broken);
            }
        }
    }

    private static boolean isRefusal(MailEvent event) {
        return event instanceof RecipientRefused || event instanceof MailRefused;
    }

    private static Level level(MailEvent event) {
        if (event instanceof RecipientAccepted || event instanceof MailQueued || event instanceof DeliveryAttempted) {
            return Level.DEBUG;
        }
        return event instanceof MailFailed || event instanceof MailRemoved ? Level.WARN : Level.INFO;
    }

    private LogLine line(MailEvent event) {
        if (event instanceof RecipientAccepted rcpt) {
            return rcpt("rcpt-accepted", rcpt.client(), rcpt.sender(), rcpt.recipient(), rcpt.answer());
        }
        if (event instanceof RecipientRefused rcpt) {
            return rcpt("rcpt-refused", rcpt.client(), rcpt.sender(), rcpt.recipient(), rcpt.answer());
        }
        if (event instanceof MailRefused mail) {
            return addresses(
                    of("mail-refused", mail.client()).with("code", mail.code()).with("reason", words(mail.text())),
                    mail.sender(),
                    mail.recipients());
        }
        if (event instanceof MailReceived mail) {
            LogLine line = new LogLine("received")
                    .with("queue-id", mail.queueId())
                    .with("session", mail.client().session())
                    .with("client", mail.client().address().getHostAddress())
                    .with("size", mail.size())
                    .withWords("message-id", mail.messageId());
            return addresses(line, mail.sender(), mail.recipients());
        }
        if (event instanceof MailChanged mail) {
            LogLine line = recipients(of(mail.change(), mail.queueId()), mail.recipients());
            mail.counts().forEach(line::with);
            return line;
        }
        if (event instanceof MailQueued mail) {
            return recipients(of("queued", mail.queueId()), mail.recipients());
        }
        if (event instanceof DeliveryAttempted mail) {
            return recipients(of("tried", mail.queueId()), mail.recipients()).with("gateway", mail.gateway());
        }
        if (event instanceof DeliveryDeferred mail) {
            return recipients(of("deferred", mail.queueId()), mail.recipients())
                    .with("retry-in", mail.retryIn())
                    .withWords("reason", words(mail.reason()));
        }
        if (event instanceof MailDelivered mail) {
            return recipients(of("delivered", mail.queueId()), mail.recipients())
                    .with("gateway", mail.gateway())
                    .with("reply", words(mail.reply()));
        }
        if (event instanceof MailStored mail) {
            LogLine line = of("kept", mail.queueId())
                    .with("repository", mail.repository())
                    .withWords("reason", words(mail.reason()));
            return addresses(line, mail.sender(), mail.recipients());
        }
        if (event instanceof MailReprocessed mail) {
            return addresses(of("sent-again", mail.queueId()), mail.sender(), mail.recipients());
        }
        if (event instanceof MailRemoved mail) {
            return addresses(
                    of("removed", mail.queueId()).with("place", mail.from()).with("reason", mail.reason()),
                    mail.sender(),
                    mail.recipients());
        }
        MailFailed failed = (MailFailed) event;
        return addresses(
                of("failed", failed.queueId()).with("reason", words(failed.reason())),
                failed.sender(),
                failed.recipients());
    }

    private LogLine rcpt(
            String name, SubmittingClient client, String sender, String recipient, RecipientAnswer answer) {
        LogLine line = of(name, client)
                .with("domain", recipient.substring(recipient.lastIndexOf('@') + 1))
                .with("verdict", answer.outcome().name().toLowerCase(Locale.ROOT))
                .with("code", answer.code());
        return isAddressShown() ? line.with("from", "<" + sender + ">").with("to", recipient) : line;
    }

    private static LogLine of(String name, SubmittingClient client) {
        return new LogLine(name)
                .with("session", client.session())
                .with("client", client.address().getHostAddress());
    }

    private static LogLine of(String name, String queueId) {
        return new LogLine(name).with("queue-id", queueId);
    }

    private LogLine addresses(LogLine line, String sender, List<String> recipients) {
        return recipients(isAddressShown() ? line.with("from", "<" + sender + ">") : line, recipients);
    }

    private LogLine recipients(LogLine line, List<String> recipients) {
        line.with("rcpts", recipients.size());
        return isAddressShown() ? line.with("to", recipients.stream().collect(Collectors.joining(","))) : line;
    }

    private String words(String others) {
        return isAddressShown() ? others : MaskedAddresses.in(others);
    }

    private boolean isAddressShown() {
        return showsAddresses || LOGGER.isDebugEnabled();
    }
}
