package io.relaypod.server.queue;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.james.queue.api.MailQueueName;

/**
 * A queue at the broker. A mail queue is one that holds what may be delivered now, and one for each delay that was ever asked for.
 *
 * @param mails which mail queue it is a part of
 * @param delay how long a mail stays in it; zero for the mails that may be delivered now
 */
record BrokerQueue(MailQueueName mails, Duration delay) {

    private static final Pattern NAME = Pattern.compile("relaypod\\.(?:ready|wait\\.(?<millis>\\d+))\\.(?<mails>.+)");

    // Three digits: as many queues as there are delays in use, and at most 1 % too late.
    private static final long DIGITS = 1000;

    static BrokerQueue ready(MailQueueName mails) {
        return new BrokerQueue(mails, Duration.ZERO);
    }

    /** Where what cannot be read is put: a mail queue too, so that webadmin shows it; nobody delivers from it. */
    BrokerQueue aside() {
        return ready(MailQueueName.of("unreadable-" + mails.asString()));
    }

    static BrokerQueue waiting(MailQueueName mails, Duration delay) {
        long millis = Math.max(1, saturatedMillis(delay));
        long unit = 1;
        while (millis / unit >= DIGITS) {
            unit *= 10;
        }
        long units = (millis - 1) / unit + 1;
        return new BrokerQueue(mails, Duration.ofMillis(units > Long.MAX_VALUE / unit ? Long.MAX_VALUE : units * unit));
    }

    private static long saturatedMillis(Duration delay) {
        try {
            return delay.toMillis();
        } catch (ArithmeticException tooLong) {
            return Long.MAX_VALUE;
        }
    }

    /** The queue of that name, if it is one of ours. */
    static Optional<BrokerQueue> named(String name) {
        Matcher matcher = NAME.matcher(name);
        return matcher.matches()
            ? Optional.of(new BrokerQueue(MailQueueName.of(matcher.group("mails")),
                Optional.ofNullable(matcher.group("millis")).map(Long::parseLong).map(Duration::ofMillis).orElse(Duration.ZERO)))
            : Optional.empty();
    }

    SimpleString name() {
        return SimpleString.of(delay.isZero() ? "relaypod.ready." + mails.asString()
            : "relaypod.wait." + delay.toMillis() + "." + mails.asString());
    }

    QueueConfiguration configuration() {
        return QueueConfiguration.of(name()).setRoutingType(RoutingType.ANYCAST).setDurable(true).setAutoCreateAddress(true)
            .setAutoDelete(false);
    }
}
