package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;

import io.relaypod.address.DomainSet;
import io.relaypod.quota.QuotaUse;
import io.relaypod.quota.RecipientQuota;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.server.core.MailImpl;
import org.junit.jupiter.api.Test;

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
        RateLimitedOutgoing queue = new RateLimitedOutgoing(Clock.systemUTC());
        SenderSlots slots = SenderSlots.of(SenderRateLimiter.unlimited().within(quota), queue);
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
        assertThat(queue.uses()).containsExactly(new QuotaUse("office@example.com", 2, 0));
    }
}
