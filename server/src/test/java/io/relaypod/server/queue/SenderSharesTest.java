package io.relaypod.server.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;

import io.relaypod.server.queue.SenderShares.Sender;
import org.junit.jupiter.api.Test;

/** Which senders share a queue. */
class SenderSharesTest {

    private final SenderShares shares = new SenderShares();

    @Test
    void a_sender_keeps_its_share_until_the_share_is_empty() {
        int share = shares.assign(new Sender("192.0.2.1", "a@example.com"));
        assertThat(shares.assign(new Sender("192.0.2.1", "a@example.com"))).isEqualTo(share);

        shares.empty(share);
        assertThat(shares.assign(new Sender("192.0.2.2", "b@example.com")))
                .as("two of its mails are still being stored")
                .isNotEqualTo(share);

        shares.stored(share);
        shares.stored(share);
        shares.empty(share);
        assertThat(shares.assign(new Sender("192.0.2.3", "c@example.com"))).isEqualTo(share);
    }

    @Test
    void senders_of_one_client_have_shares_of_their_own_as_long_as_as_many_are_left_to_other_clients() {
        Set<Integer> many = new HashSet<>();
        IntStream.range(0, 100_000)
                .forEach(sender -> many.add(shares.assign(new Sender("192.0.2.1", sender + "@example.com"))));
        assertThat(many).hasSize(SenderShares.COUNT / 2);

        Set<Integer> others = new HashSet<>();
        others.add(shares.assign(new Sender("192.0.2.2", "a@example.com")));
        others.add(shares.assign(new Sender("192.0.2.3", "a@example.com")));
        others.add(shares.assign(new Sender("192.0.2.4", "a@example.com")));
        assertThat(others).hasSize(3).doesNotContainAnyElementsOf(many);
    }

    @Test
    void whoever_uses_a_hundred_thousand_sender_addresses_leaves_another_client_its_order_and_a_third_a_share() {
        IntStream.range(0, 100_000).forEach(sender -> shares.assign(new Sender("192.0.2.1", sender + "@example.com")));

        Set<Integer> another = new HashSet<>();
        IntStream.range(0, 100).forEach(mail -> another.add(shares.assign(new Sender("192.0.2.2", "a@example.com"))));
        assertThat(another).hasSize(1);
        assertThat(shares.assign(new Sender("192.0.2.3", "a@example.com"))).isNotIn(another);
    }

    @Test
    void a_share_with_mail_of_unknown_senders_is_assigned_to_nobody_while_another_is_unoccupied() {
        shares.occupied(0);
        assertThat(shares.assign(new Sender("192.0.2.1", "a@example.com"))).isNotZero();
        shares.empty(0);
        assertThat(shares.assign(new Sender("192.0.2.2", "a@example.com"))).isZero();
    }
}
