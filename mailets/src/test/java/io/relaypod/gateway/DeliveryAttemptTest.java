package io.relaypod.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

import io.relaypod.gateway.AttemptResult.Contact;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.mime.MessageSource;
import io.relaypod.smtpclient.DeliveryStatus;
import io.relaypod.smtpclient.RecipientOutcome;
import io.relaypod.smtpclient.SmtpClient;
import io.relaypod.smtpclient.SmtpClientSettings;
import io.relaypod.smtpclient.SmtpServerAddress;
import org.apache.mailet.base.test.FakeMail;
import org.junit.jupiter.api.Test;

class DeliveryAttemptTest {

    private static final MessageSource MESSAGE =
            () -> new ByteArrayInputStream("Subject: x\r\n\r\nbody\r\n".getBytes(StandardCharsets.US_ASCII));
    private static final SmtpClientSettings SETTINGS = new SmtpClientSettings(
            "relay.example",
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            false,
            true,
            () -> {
                throw new IllegalStateException("no TLS was asked for");
            },
            Optional.empty(),
            Optional.empty());
    private static final BooleanSupplier FAILING = () -> {
        throw new IllegalStateException("the slots are broken");
    };

    private static AttemptResult attempt(UnaryOperator<String> replies, BooleanSupplier furtherSlot) throws Exception {
        try (SmtpSink sink = SmtpSink.replying(replies);
                GatewayConnections connections = new GatewayConnections(
                        new SmtpClient(SETTINGS, MemoryBudget.ofThisProcess()), Duration.ofSeconds(10), 100)) {
            SmtpServerAddress server =
                    new SmtpServerAddress("gateway", InetAddress.getLoopbackAddress(), sink.port(), false);
            FakeMail mail = FakeMail.builder()
                    .name("Mail1-x")
                    .sender("sender@example.com")
                    .recipients("gone@example.com", "first@example.com", "second@example.com")
                    .build();
            return new DeliveryAttempt(connections, server, event -> {}, mail, MESSAGE, connections.take(server))
                    .run(furtherSlot);
        }
    }

    @Test
    void anUnexpectedFailureLeavesThoseDeliveredThatHaveTheMail() throws Exception {
        AttemptResult result =
                attempt(command -> command.contains("gone@example.com") ? "550 5.1.1 gone" : "", FAILING);

        assertThat(result.outcomes())
                .extracting(RecipientOutcome::status)
                .containsExactly(DeliveryStatus.REFUSED, DeliveryStatus.DELIVERED, DeliveryStatus.REFUSED);
        assertThat(result.outcomes().get(0).code()).contains(550);
        assertThat(result.outcomes().get(2).text()).contains("the slots are broken");
        assertThat(result.contact()).isEqualTo(Contact.ANSWERED);
    }
}
