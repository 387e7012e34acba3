package io.relaypod.lab.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;

import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.Test;

/** {@code ./relaypod demo --stay}. */
class ArrivalsTest {

    @Test
    void theAddressesOfThePagesAndEachMessageArePrinted() throws Exception {
        StringWriter shown = new StringWriter();
        try (LabWorld world =
                LabWorld.builder().with("METRICS_ADDR", "127.0.0.1:0").start()) {
            Thread staying = new Thread(() -> stay(world, new PrintWriter(shown)));
            staying.start();
            await().until(() -> shown.toString().contains("Mail viewer  http://127.0.0.1:"));
            assertThat(shown.toString())
                    .contains(
                            "Send to 127.0.0.1:" + world.smtpAddress().getPort(),
                            "Status page  http://127.0.0.1:"
                                    + world.relay().metricsPort().orElseThrow() + "/",
                            "Search page  http://127.0.0.1:"
                                    + world.relay().webadminPort().orElseThrow() + "/relay/search");

            try (var smtp = world.connect()) {
                smtp.send("MAIL FROM:<a@example.com>");
                smtp.send("RCPT TO:<b@gmail.com>");
                smtp.data("From: a@example.com\r\nTo: b@gmail.com\r\nSubject: hello\r\n\r\nx\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
            }
            await().until(() -> shown.toString().contains("\"hello\"  envelope "));
            assertThat(shown.toString()).contains("Graph delivers to b@gmail.com");

            staying.interrupt();
            staying.join(10_000);
            assertThat(staying.isAlive()).isFalse();
        }
    }

    private static void stay(LabWorld world, PrintWriter out) {
        try {
            new Arrivals(world, out).show();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }
}
