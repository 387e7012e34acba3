package io.relaypod.mime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceInformationTest {

    private static final String FROM = "Received: from 10.0.0.1 (EHLO client.example) ([10.0.0.1])\r\n";
    private static final String OURS = FROM
            + "          by relay (JAMES SMTP Server ) with ESMTP ID 9c2ed968\r\n          for <b@example.com>;\r\n          now\r\n";
    private static final String REST =
            "Received: from other\r\n by x (JAMES SMTP Server ) with ESMTP ID theirs;\r\n now\r\nSubject: \u00e4\r\n\r\nbody\r\n.\r\n\0\u00ff";

    @Test
    void our_received_field_gets_the_queue_id_and_nothing_else_changes() throws Exception {
        String message = OURS + "Message-ID: <theirs@example.com>\r\n" + REST;

        assertThat(traced(message, "Mail1-a-!77")).isEqualTo(message.replace("ID 9c2ed968", "id Mail1-a-!77"));
    }

    @Test
    void a_mail_without_a_message_id_gets_one_and_all_its_copies_the_same() throws Exception {
        String id = "Message-ID: <Mail1-a@example.com>\r\n";

        assertThat(traced(OURS + REST, "Mail1-a")).isEqualTo(OURS.replace("ID 9c2ed968", "id Mail1-a") + id + REST);
        assertThat(traced(OURS + REST, "Mail1-a-2")).isEqualTo(OURS.replace("ID 9c2ed968", "id Mail1-a-2") + id + REST);
        assertThat(traced(OURS + REST, "Mail1-a-!12-!9"))
                .isEqualTo(OURS.replace("ID 9c2ed968", "id Mail1-a-!12-!9") + id + REST);
    }

    @Test
    void a_copy_of_a_copy_has_its_own_id_and_a_second_time_nothing_changes() throws Exception {
        String once = traced(OURS + REST, "Mail1-a");

        assertThat(traced(once, "Mail1-a-!5")).isEqualTo(once.replace("id Mail1-a\r\n", "id Mail1-a-!5\r\n"));
        assertThat(TraceInformation.of(source(once), "Mail1-a", "s@example.com"))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Subject: x\r\n\r\n",
                "Received: from other\r\n by x with ESMTP id 5;\r\n now\r\n\r\n",
                "X-First: 1\r\nReceived: from a\r\n by x (JAMES SMTP Server ) with ESMTP ID 5;\r\n now\r\n\r\n"
            })
    void a_mail_that_the_relay_did_not_receive_is_not_touched(String message) throws Exception {
        assertThat(TraceInformation.of(source(message), "Mail1", "s@example.com"))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s@[10.0.0.1]", "s@b\u00fccher.example", "\"a@b\"@"})
    void a_sender_without_a_plain_domain_gives_none_to_the_message_id(String sender) {
        assertThat(TraceInformation.messageId("Mail1-!2", sender)).isEqualTo("<Mail1@localhost.localdomain>");
    }

    private static String traced(String message, String queueId) throws IOException {
        TraceInformation added =
                TraceInformation.of(source(message), queueId, "s@example.com").orElseThrow();
        return new String(added.bytes(), StandardCharsets.ISO_8859_1) + message.substring((int) added.replaces());
    }

    private static MessageSource source(String message) {
        return () -> new ByteArrayInputStream(message.getBytes(StandardCharsets.ISO_8859_1));
    }
}
