package io.relaypod.server.queue.broker;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.james.queue.api.MailQueueName;

/**
 * A queue at the broker. A mail queue consists of a ready queue, in some mail queues further shares of it, a retry
 * queue for each delay in use, and a per-sender queue for each mailbox that has reached its rate limit.
 *
 * @param mails the mail queue that it is a part of
 * @param delay how long a mail stays in a retry queue; zero for other queues
 * @param mailbox whose per-sender queue it is
 * @param share the number of a share of the ready mails; 0 for the ready queue, and for all other queues
 */
public record BrokerQueue(MailQueueName mails, Duration delay, Optional<String> mailbox, int share) {

    /** The address patterns of the ready queues and their shares. */
    static final List<String> ALL_READY = List.of("relaypod.ready.#", "relaypod.share.#");

    private static final Pattern NAME = Pattern.compile(
            "relaypod\\.(?:ready|share\\.(?<share>[1-9]\\d{0,2})|wait\\.(?<millis>\\d+)|line\\.(?<mailbox>[\\w-]*))\\.(?<mails>.+)");

    // Delays are rounded up to three digits: few queues, and a mail is at most 1 % late.
    private static final long DIGITS = 1000;

    public static BrokerQueue ready(MailQueueName mails) {
        return share(mails, 0);
    }

    /** A share of the ready mails. */
    public static BrokerQueue share(MailQueueName mails, int share) {
        return new BrokerQueue(mails, Duration.ZERO, Optional.empty(), share);
    }

    public static BrokerQueue perSender(MailQueueName mails, String mailbox) {
        return new BrokerQueue(mails, Duration.ZERO, Optional.of(mailbox), 0);
    }

    /** The queue of unreadable mails. It is a mail queue, so webadmin lists it. Nothing is delivered from it. */
    public BrokerQueue unreadable() {
        return ready(MailQueueName.of("unreadable-" + mails.asString()));
    }

    public static BrokerQueue waiting(MailQueueName mails, Duration delay) {
        long millis = Math.max(1, saturatedMillis(delay));
        long unit = 1;
        while (millis / unit >= DIGITS) {
            unit *= 10;
        }
        long units = (millis - 1) / unit + 1;
        return new BrokerQueue(
                mails,
                Duration.ofMillis(units > Long.MAX_VALUE / unit ? Long.MAX_VALUE : units * unit),
                Optional.empty(),
                0);
    }

    private static long saturatedMillis(Duration delay) {
        try {
            return delay.toMillis();
        } catch (ArithmeticException tooLong) {
            return Long.MAX_VALUE;
        }
    }

    /** The queue of that name, if it is one of relaypod. */
    static Optional<BrokerQueue> named(String name) {
        Matcher matcher = NAME.matcher(name);
        return matcher.matches()
                ? Optional.of(new BrokerQueue(
                        MailQueueName.of(matcher.group("mails")),
                        Optional.ofNullable(matcher.group("millis"))
                                .map(Long::parseLong)
                                .map(Duration::ofMillis)
                                .orElse(Duration.ZERO),
                        Optional.ofNullable(matcher.group("mailbox")).map(BrokerQueue::decoded),
                        Optional.ofNullable(matcher.group("share"))
                                .map(Integer::parseInt)
                                .orElse(0)))
                : Optional.empty();
    }

    /** Whether its mails have to wait. */
    public boolean isWaiting() {
        return !delay.isZero() || mailbox.isPresent();
    }

    public SimpleString name() {
        String kind = mailbox.map(line -> "line." + encoded(line))
                .orElse(share > 0 ? "share." + share : delay.isZero() ? "ready" : "wait." + delay.toMillis());
        return SimpleString.of("relaypod." + kind + "." + mails.asString());
    }

    // A dot ends the name, and * # and :: have a meaning for the broker.
    private static String encoded(String mailbox) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(mailbox.getBytes(StandardCharsets.UTF_8));
    }

    private static String decoded(String encoded) {
        return new String(Base64.getUrlDecoder().decode(encoded), StandardCharsets.UTF_8);
    }

    QueueConfiguration configuration() {
        return QueueConfiguration.of(name())
                .setRoutingType(RoutingType.ANYCAST)
                .setDurable(true)
                .setAutoCreateAddress(true)
                .setAutoDelete(false);
    }
}
