package io.relaypod.events;

import java.util.Collection;
import java.util.List;

import io.relaypod.events.EventField.Audience;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs each event as one line of {@code key=value} with the same fields as SLF4J key-value pairs, then passes it to the
 * listeners. If refusals come faster than {@link LogRateLimit} allows, the excess is counted instead of logged.
 * Addresses are logged at DEBUG, or if {@code showsAddresses} is set; otherwise the number of recipients is logged, and
 * local parts in the texts of peers are masked. Thread-safe.
 */
public final class MailEventLog implements MailEventPublisher {

    private static final Logger LOGGER = LoggerFactory.getLogger(MailEventLog.class);

    private final boolean showsAddresses;
    private final List<MailEventListener> listeners;
    private final LogRateLimit refusals = new LogRateLimit(omitted -> LOGGER.info(
            "event=refused-more refusals={} reason=\"not logged one by one, more than {} a second\"",
            omitted,
            LogRateLimit.LINES_PER_SECOND));

    /**
     * @param showsAddresses whether addresses are logged in full at every level
     * @param listeners called in this order; if one throws, the exception is logged and the others are called
     */
    public MailEventLog(boolean showsAddresses, Collection<? extends MailEventListener> listeners) {
        this.showsAddresses = showsAddresses;
        this.listeners = List.copyOf(listeners);
    }

    @Override
    public void publish(MailEvent event) {
        if (LOGGER.isEnabledForLevel(event.level())
                && (!event.isRefusal() || LOGGER.isDebugEnabled() || refusals.tryAcquire())) {
            line(event).log(LOGGER.atLevel(event.level()));
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

    private LogLine line(MailEvent event) {
        boolean isAddressShown = showsAddresses || LOGGER.isDebugEnabled();
        LogLine line = new LogLine(event.name());
        event.fields().stream().filter(field -> field.isFor(Audience.LOG)).forEach(field -> {
            switch (field.content()) {
                case SENDER -> line.withIf(isAddressShown, field.key(), "<" + field.text() + ">");
                case RECIPIENT -> line.withIf(isAddressShown, field.key(), field.text());
                case RECIPIENTS ->
                    line.with("rcpts", ((Collection<?>) field.value()).size())
                            .withIf(isAddressShown, field.key(), field.text());
                case REMOTE_TEXT ->
                    line.with(field.key(), isAddressShown ? field.text() : MaskedAddresses.in(field.text()));
                case QUEUE_ID, SESSION_ID, MESSAGE_ID, DETAIL ->
                    line.with(field.key(), field.value() instanceof Number number ? number : field.text());
            }
        });
        return line;
    }
}
