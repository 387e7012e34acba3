package io.relaypod.server.metrics;

import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.inject.Inject;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.DeliveryDeferred;
import io.relaypod.events.MailEvent.MailChanged;
import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.MailEvent.MailRemoved;
import io.relaypod.events.MailEvent.MailReprocessed;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEventListener;
import io.relaypod.server.queue.QueueId;
import io.relaypod.smtpclient.DeferralReason;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;

/** Counts what happens to mails; docs/metrics.md says what each counter means. Thread-safe. */
public final class MailMeters implements MailEventListener {

    private static final Duration[] DELIVERY_BUCKETS = {
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
        Duration.ofDays(1)
    };

    private final MeterRegistry registry;
    private final Clock clock;
    private final Map<Outcome, Counter> recipients = new ConcurrentHashMap<>();
    private final ConcurrentMap<Integer, Counter> refused = new ConcurrentHashMap<>();
    private final Counter accepted;
    private final Counter acceptedBytes;
    private final Counter delivered;
    private final Counter failed;
    private final Counter sentAgain;
    private final Counter removed;
    private final Map<DeferralReason, Counter> deferred = new ConcurrentHashMap<>();
    private final Timer delivery;
    private final Map<String, Counter> changes;
    private final Counter signaturesDropped;
    private final Counter sealed;

    @Inject
    public MailMeters(MeterRegistry registry, Clock clock) {
        this.registry = registry;
        this.clock = clock;
        // All from the start, at 0: a counter that appears with its first event hides that event from rate() and
        // increase().
        for (Outcome outcome : Outcome.values()) {
            recipients.put(outcome, recipients(outcome));
        }
        for (DeferralReason reason : DeferralReason.values()) {
            deferred.put(
                    reason,
                    counter("mail.deferred", "Tries that failed and will be repeated", "reason", lower(reason)));
        }
        for (int code : new int[] {451, 452, 550, 552, 554}) {
            refused.put(code, refused(code));
        }
        accepted = counter("mail.accepted", "Mails answered 250: they are on the disk");
        acceptedBytes = Counter.builder("relaypod.mail.accepted.bytes")
                .baseUnit("bytes")
                .description("Size of the mails answered 250")
                .register(registry);
        delivered = counter(
                "mail.delivered",
                "Transactions that the gateway answered 250; a mail with more than 100 recipients takes several");
        sentAgain = counter("mail.sent.again", "Mails that an operator had sent again");
        removed = counter(
                "mail.removed",
                "Mails that were removed from a queue or a repository, by an operator or beyond a limit");
        failed = counter("mail.failed", "Mails that will not be tried again; they are in the failed repository");
        delivery = Timer.builder("relaypod.delivery")
                .description("Time from a mail's receipt to the gateway's 250, waits for tries included")
                .serviceLevelObjectives(DELIVERY_BUCKETS)
                .register(registry);
        changes = Map.of(
                "calendar-stripped", counter("calendar.parts.stripped", "Calendar parts taken out of mails"),
                "calendar-narrowed",
                        counter(
                                "calendar.parts.narrowed",
                                "Calendar parts from which attendees were taken who are no recipients"),
                "recipients-aligned",
                        counter("headers.aligned", "Mails whose To and Cc were made to name their recipients"),
                "split",
                        counter(
                                "mail.split",
                                "Mails sent in several transactions, as they have more recipients than Mailpit takes"),
                "sender-aligned", counter("sender.aligned", "Mails whose From or Sender was unfolded for smtp2graph"));
        signaturesDropped = counter(
                "calendar.signatures.dropped", "Signatures that a change to a calendar made void, taken out with it");
        sealed = counter(
                "calendar.sealed", "Encrypted or signed parts that may hold a calendar and were left as they are");
    }

    @Override
    public void onEvent(MailEvent event) {
        if (event instanceof RecipientAccepted rcpt) {
            count(rcpt.answer());
        } else if (event instanceof RecipientRefused rcpt) {
            count(rcpt.answer());
        } else if (event instanceof MailRefused mail) {
            refused.computeIfAbsent(mail.code(), this::refused).increment();
        } else if (event instanceof MailReceived mail) {
            accepted.increment();
            acceptedBytes.increment((double) mail.size());
        } else if (event instanceof MailChanged mail) {
            count(mail);
        } else if (event instanceof DeliveryDeferred mail) {
            Objects.requireNonNull(deferred.get(mail.cause())).increment();
        } else if (event instanceof MailDelivered mail) {
            delivered.increment();
            QueueId.receivedAt(mail.queueId())
                    .ifPresent(received -> delivery.record(Duration.between(received, clock.instant())));
        } else if (event instanceof MailFailed) {
            failed.increment();
        } else if (event instanceof MailReprocessed) {
            sentAgain.increment();
        } else if (event instanceof MailRemoved) {
            removed.increment();
        }
    }

    private void count(RecipientAnswer answer) {
        Objects.requireNonNull(recipients.get(answer.outcome())).increment();
    }

    private void count(MailChanged mail) {
        Map<String, Integer> counts = mail.counts();
        Optional.ofNullable(changes.get(mail.change()))
                .ifPresent(counter -> counter.increment(counts.getOrDefault("calendars", 1)));
        signaturesDropped.increment(counts.getOrDefault("signatures-dropped", 0));
        sealed.increment(counts.getOrDefault("sealed", 0));
    }

    private Counter recipients(Outcome outcome) {
        return counter(
                "rcpt",
                "Recipients answered at RCPT, by what was found about their domain",
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

    private Counter refused(int code) {
        return counter(
                "mail.refused",
                "Mails refused as a whole, at the end of data or when they were stored",
                "code",
                Integer.toString(code));
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
