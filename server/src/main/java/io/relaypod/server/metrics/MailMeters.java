package io.relaypod.server.metrics;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.inject.Inject;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEventListener;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.verdict.RecipientAnswer.Outcome;

/** Counts mail events by name, and sums their numeric fields. docs/metrics.md describes each meter. Thread-safe. */
public final class MailMeters implements MailEventListener {

    /** Upper bounds of a delivery's duration, with retries of days. */
    public static final List<Duration> DELIVERY_BUCKETS = List.of(
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(250),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofMillis(2_500),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofMinutes(1),
            Duration.ofMinutes(5),
            Duration.ofMinutes(15),
            Duration.ofHours(1),
            Duration.ofHours(6),
            Duration.ofDays(1));

    private static final Integer[] REFUSAL_CODES = {451, 452, 550, 552, 554};

    private final MeterRegistry registry;
    private final Map<String, Counter> events;
    private final Consumer<Object> verdict;
    private final Map<String, Map<String, Consumer<Object>>> fields;

    @Inject
    public MailMeters(MeterRegistry registry) {
        this.registry = registry;
        events = Map.of(
                "received", counter("mail.accepted", "Messages answered 250: they are on the disk"),
                "delivered",
                        counter(
                                "mail.delivered",
                                "Transactions that the gateway answered 250; a message with more than 100 recipients takes several"),
                "failed",
                        counter("mail.failed", "Messages without a further attempt; they are in the failed repository"),
                "sent-again", counter("mail.sent.again", "Messages that an operator had sent again"),
                "removed",
                        counter(
                                "mail.removed",
                                "Messages removed from a queue or a repository, by an operator or beyond a limit"),
                "recipients-aligned",
                        counter(
                                "headers.aligned",
                                "Messages whose To and Cc were rewritten to list the recipients of the envelope"),
                "sender-aligned",
                        counter("sender.aligned", "Messages whose From or Sender was unfolded for smtp2graph"),
                "split",
                        counter(
                                "mail.split",
                                "Messages sent in several transactions because they have more recipients than Mailpit accepts"));
        verdict = byValue(Outcome.values(), this::recipients);
        Consumer<Object> signatures = sum(counter(
                "calendar.signatures.dropped", "Signatures removed because a change to a calendar made them invalid"));
        Consumer<Object> sealed = sum(counter(
                "calendar.sealed", "Encrypted or signed parts that may hold a calendar and were left as they are"));
        fields = Map.of(
                "mail-refused", Map.of("code", byValue(REFUSAL_CODES, this::refused)),
                "received", Map.of("size", sum(acceptedBytes())),
                "deferred", Map.of("cause", byValue(DeferralReason.values(), this::deferred)),
                "delivered", Map.of("delay", delay()),
                "calendar-stripped",
                        Map.of(
                                "calendars",
                                sum(counter("calendar.parts.stripped", "Calendar parts removed from messages")),
                                "signatures-dropped",
                                signatures,
                                "sealed",
                                sealed),
                "calendar-narrowed",
                        Map.of(
                                "calendars",
                                sum(counter(
                                        "calendar.parts.narrowed",
                                        "Calendar parts from which attendees were removed that are no recipients")),
                                "signatures-dropped",
                                signatures,
                                "sealed",
                                sealed));
    }

    @Override
    public void onEvent(MailEvent event) {
        Optional.ofNullable(events.get(event.name())).ifPresent(Counter::increment);
        // These come once a RCPT. Building their fields would cost more than counting them.
        if (event instanceof RecipientAccepted accepted) {
            verdict.accept(accepted.answer().outcome());
            return;
        }
        if (event instanceof RecipientRefused refused) {
            verdict.accept(refused.answer().outcome());
            return;
        }
        Map<String, Consumer<Object>> meters = fields.getOrDefault(event.name(), Map.of());
        if (!meters.isEmpty()) {
            event.fields()
                    .forEach(field -> Optional.ofNullable(meters.get(field.key()))
                            .ifPresent(meter -> meter.accept(field.value())));
        }
    }

    private static Consumer<Object> sum(Counter counter) {
        return value -> counter.increment(((Number) value).doubleValue());
    }

    // rate() and increase() do not see the event with which a counter appears. So the counters of all known values are
    // registered at the start, with 0.
    private static <T> Consumer<Object> byValue(T[] known, Function<T, Counter> register) {
        ConcurrentMap<Object, Counter> counters = new ConcurrentHashMap<>();
        Stream.of(known).forEach(value -> counters.put(value, register.apply(value)));
        @SuppressWarnings("unchecked") // a field has values of one type
        Consumer<Object> meter = value -> counters.computeIfAbsent(value, unknown -> register.apply((T) unknown))
                .increment();
        return meter;
    }

    private Consumer<Object> delay() {
        Timer delivery = Timer.builder("relaypod.delivery")
                .description("Time from a message's receipt to the gateway's 250, waits between attempts included")
                .serviceLevelObjectives(DELIVERY_BUCKETS.toArray(Duration[]::new))
                .register(registry);
        return value -> {
            if (value instanceof BigDecimal seconds) {
                delivery.record(seconds.unscaledValue().longValueExact(), TimeUnit.MILLISECONDS);
            }
        };
    }

    private Counter acceptedBytes() {
        return Counter.builder("relaypod.mail.accepted.bytes")
                .baseUnit("bytes")
                .description("Size of the messages answered 250")
                .register(registry);
    }

    private Counter deferred(DeferralReason reason) {
        return counter("mail.deferred", "Failed delivery attempts that will be repeated", "reason", lower(reason));
    }

    private Counter recipients(Outcome outcome) {
        return counter(
                "rcpt",
                "Recipients answered at RCPT, by the verdict on their domain",
                "verdict",
                lower(outcome),
                "answer",
                answer(outcome));
    }

    private static String answer(Outcome outcome) {
        return switch (outcome) {
            case MX, IMPLICIT_MX, ALLOWED, ADDRESS_LITERAL, LOCAL_POSTMASTER, UNCHECKED -> "accepted";
            case DNS_FAILURE, DNS_BUSY -> "later";
            case NO_MAIL_HOST,
                    UNREACHABLE_MX,
                    NULL_MX,
                    DENIED,
                    REFUSED_LITERAL,
                    BAD_DOMAIN,
                    BAD_ADDRESS,
                    NEEDS_SMTPUTF8,
                    NO_MAILBOX,
                    NOT_OUR_CLIENT -> "refused";
        };
    }

    private Counter refused(Integer code) {
        return counter(
                "mail.refused",
                "Messages refused at MAIL, at the end of data or when they were stored",
                "code",
                code.toString());
    }

    private Counter counter(String name, String description, String... tags) {
        return Counter.builder("relaypod." + name)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
