package io.relaypod.server.graph;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import javax.mail.MessagingException;

import io.relaypod.gateway.RateLimitedMailQueue;
import io.relaypod.gateway.RawMessage;
import io.relaypod.gateway.VerbatimMessage;
import io.relaypod.quota.QuotaUse;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.core.MailAddress;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageInputStreamSource;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The queue {@code outgoing} on a disk: what is stored and not acknowledged outlives a process. A mail is passed on
 * when the test says so, one at a time. Safe for use by many threads.
 */
final class SimulatedQueue {

    private final List<StoredMessage> stored = new CopyOnWriteArrayList<>();
    private final Clock clock;

    private record StoredMessage(
            String name,
            MailAddress sender,
            List<MailAddress> recipients,
            List<Attribute> attributes,
            String state,
            byte[] message,
            Instant due,
            Optional<QuotaUse> waitsFor) {}

    SimulatedQueue(Clock clock) {
        this.clock = clock;
    }

    boolean isEmpty() {
        return stored.isEmpty();
    }

    /** Names of the mails. */
    List<String> names() {
        return stored.stream().map(StoredMessage::name).toList();
    }

    /** Opens it for a process. */
    OpenedQueue open(ProcessSteps steps, SenderRateLimiter limiter) {
        return new OpenedQueue(steps, limiter);
    }

    /** The queue of one process. */
    final class OpenedQueue implements RateLimitedMailQueue, MailQueueFactory<MailQueue> {

        private final ProcessSteps steps;
        private final SenderRateLimiter limiter;
        private final Sinks.Many<MailQueueItem> items = Sinks.many().unicast().onBackpressureBuffer();

        private OpenedQueue(ProcessSteps steps, SenderRateLimiter limiter) {
            this.steps = steps;
            this.limiter = limiter;
        }

        /** Passes on each mail that is due and waits until it is done with, or until the process ends. */
        boolean passOn() {
            boolean isAny = false;
            Set<String> waiting = new HashSet<>();
            for (StoredMessage next : List.copyOf(stored)) {
                if (steps.isOver() || next.due().isAfter(clock.instant())) {
                    continue;
                }
                boolean isPassed = next.waitsFor().isEmpty()
                        || (!waiting.contains(next.waitsFor().get().mailbox())
                                && limiter.tryAcquire(next.waitsFor().get()));
                if (isPassed) {
                    isAny = true;
                    passOn(next);
                } else {
                    waiting.add(next.waitsFor().orElseThrow().mailbox());
                }
            }
            return isAny;
        }

        private void passOn(StoredMessage next) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            Mail mail = read(next);
            items.tryEmitNext(new MailQueueItem() {
                        @Override
                        public Mail getMail() {
                            return mail;
                        }

                        @Override
                        public void done(CompletionStatus success) {
                            acknowledge(next, success);
                            done.complete(null);
                        }
                    })
                    .orThrow();
            CompletableFuture.anyOf(done, steps.end()).join();
        }

        private void acknowledge(StoredMessage message, MailQueueItem.CompletionStatus status) {
            if (status == MailQueueItem.CompletionStatus.SUCCESS) {
                steps.take("acknowledge a mail");
                stored.remove(message);
            }
        }

        @Override
        public void enQueue(Mail mail) throws MailQueueException {
            store(mail, Duration.ZERO, Optional.empty());
        }

        @Override
        public void enQueue(Mail mail, Duration delay) throws MailQueueException {
            store(mail, delay, Optional.empty());
        }

        @Override
        public void enQueueForSender(QuotaUse use, Mail mail) throws MailQueueException {
            store(mail, Duration.ZERO, Optional.of(use));
        }

        @Override
        public void enQueueForTenant(QuotaUse use, Mail mail) throws MailQueueException {
            store(mail, Duration.ZERO, Optional.of(use));
        }

        private void store(Mail mail, Duration delay, Optional<QuotaUse> waitsFor) throws MailQueueException {
            StoredMessage message = written(mail, clock.instant().plus(delay), waitsFor);
            steps.take(waitsFor.isPresent() ? "store a mail for its mailbox" : "store a mail");
            stored.add(message);
        }

        @Override
        public boolean hasWaiting(String mailbox) {
            return stored.stream()
                    .flatMap(message -> message.waitsFor().stream())
                    .anyMatch(use -> use.mailbox().equals(mailbox));
        }

        @Override
        public boolean hasWaitingForTenant() {
            return false;
        }

        @Override
        public Publisher<MailQueueItem> deQueue() {
            return items.asFlux().concatWith(Flux.never());
        }

        @Override
        public Publisher<Void> enqueueReactive(Mail mail) {
            return Mono.error(new UnsupportedOperationException());
        }

        @Override
        public MailQueueName getName() {
            return MailQueueName.of("outgoing");
        }

        @Override
        public Optional<MailQueue> getQueue(MailQueueName name, PrefetchCount count) {
            return Optional.of(this);
        }

        @Override
        public MailQueue createQueue(MailQueueName name, PrefetchCount count) {
            return this;
        }

        @Override
        public Set<MailQueueName> listCreatedMailQueues() {
            return Set.of(getName());
        }

        @Override
        public void close() {
            items.tryEmitComplete();
        }
    }

    private static StoredMessage written(Mail mail, Instant due, Optional<QuotaUse> waitsFor)
            throws MailQueue.MailQueueException {
        try (InputStream message = RawMessage.of(mail).source().open()) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            message.transferTo(bytes);
            return new StoredMessage(
                    mail.getName(),
                    mail.getMaybeSender().get(),
                    List.copyOf(mail.getRecipients()),
                    mail.attributes().map(Attribute::duplicate).toList(),
                    mail.getState(),
                    bytes.toByteArray(),
                    due,
                    waitsFor);
        } catch (IOException | MessagingException unreadable) {
            throw new MailQueue.MailQueueException("not stored", unreadable);
        }
    }

    private static Mail read(StoredMessage message) {
        try {
            List<Attribute> attributes = new ArrayList<>(message.attributes());
            if (message.waitsFor().isPresent()) {
                attributes.add(new Attribute(RateLimitedMailQueue.SLOT, AttributeValue.of(true)));
            }
            MailImpl mail = MailImpl.builder()
                    .name(message.name())
                    .sender(message.sender())
                    .addRecipients(message.recipients())
                    .addAttributes(attributes)
                    .state(message.state())
                    .build();
            mail.setMessageNoCopy(new VerbatimMessage(
                    MimeMessageInputStreamSource.create(message.name(), new ByteArrayInputStream(message.message()))));
            return mail;
        } catch (MessagingException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    /** The relay has answered 250 to this message. */
    void accept(String name, MailAddress sender, List<MailAddress> recipients, byte[] message) {
        stored.add(new StoredMessage(
                name, sender, recipients, List.of(), Mail.TRANSPORT, message, clock.instant(), Optional.empty()));
    }

    /** Mails of this name. */
    Stream<String> of(String name) {
        return names().stream().filter(name::equals);
    }
}
