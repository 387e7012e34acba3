package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.relaypod.address.DomainSet;
import io.relaypod.quota.QuotaUse;
import io.relaypod.quota.RecipientQuota;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Mail;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class SenderSlotsTest {

    @Test
    void a_mailbox_that_is_longer_than_any_has_a_short_name_of_its_own() {
        String one = "x".repeat(60_000) + "@one.example";
        String other = "x".repeat(60_000) + "@other.example";

        assertThat(SenderSlots.shortened("office@example.com")).isEqualTo("office@example.com");
        assertThat(SenderSlots.shortened(one))
                .hasSizeLessThan(400)
                .isNotEqualTo(SenderSlots.shortened(other))
                .isEqualTo(SenderSlots.shortened(one));
    }

    @Test
    void a_mail_that_is_put_back_unsent_is_not_counted_in_the_quota() throws Exception {
        RecipientQuota quota = new RecipientQuota(10, 0, DomainSet.empty(), Clock.systemUTC());
        List<QuotaUse> waiting = new ArrayList<>();
        SenderSlots slots = SenderSlots.of(SenderRateLimiter.unlimited().within(quota), new RecordingQueue(waiting));
        MailImpl mail = MailImpl.builder()
                .name("mail-1")
                .sender("sender@example.com")
                .addRecipients("a@example.com", "b@example.com")
                .build();
        mail.setMessageNoCopy(Messages.received(Messages.bytes("From: office@example.com\r\n\r\nbody\r\n")));

        assertThat(slots.takeOrEnqueue(mail)).isTrue();
        assertThat(quota.states().get(0).used()).isEqualTo(2);
        slots.putBack(mail);

        assertThat(quota.states().get(0).used()).isZero();
        assertThat(waiting).containsExactly(new QuotaUse("office@example.com", 2, 0));
    }

    /** Records what waits, and has no mails to give. */
    private record RecordingQueue(List<QuotaUse> waiting) implements RateLimitedMailQueue {

        @Override
        public void enQueueForSender(QuotaUse use, Mail mail) {
            waiting.add(use);
        }

        @Override
        public void enQueueForTenant(QuotaUse use, Mail mail) {
            waiting.add(use);
        }

        @Override
        public boolean hasWaiting(String mailbox) {
            return false;
        }

        @Override
        public boolean hasWaitingForTenant() {
            return false;
        }

        @Override
        public MailQueueName getName() {
            return MailQueueName.of("outgoing");
        }

        @Override
        public void enQueue(Mail mail, Duration delay) {
            throw new UnsupportedOperationException("no delay");
        }

        @Override
        public void enQueue(Mail mail) {
            throw new UnsupportedOperationException("not for a sender");
        }

        @Override
        public Publisher<Void> enqueueReactive(Mail mail) {
            return Mono.empty();
        }

        @Override
        public Publisher<MailQueueItem> deQueue() {
            return Flux.never();
        }

        @Override
        public void close() {
            waiting.clear();
        }
    }
}
