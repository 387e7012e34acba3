package io.relaypod.gateway;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import io.relaypod.smtpclient.SmtpClient;
import io.relaypod.smtpclient.SmtpConnection;
import io.relaypod.smtpclient.SmtpServerAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the greeting of the gateway once, at the start. For one use. */
final class GatewayGreeting {

    private static final Logger LOGGER = LoggerFactory.getLogger(GatewayGreeting.class);

    // The start goes on without the gateway, so a gateway that does not answer must not delay it.
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final SmtpClient client;
    private final Supplier<List<SmtpServerAddress>> addresses;

    GatewayGreeting(SmtpClient client, Supplier<List<SmtpServerAddress>> addresses) {
        this.client = client;
        this.addresses = addresses;
    }

    /** Returns the address whose greeting names smtp2graph; empty if there is none, or no answer within 2 seconds. */
    Optional<SmtpServerAddress> smtp2Graph() {
        CompletableFuture<Optional<SmtpServerAddress>> found = new CompletableFuture<>();
        Thread thread = new Thread(() -> found.complete(find()), "gateway-greeting");
        thread.setDaemon(true);
        thread.start();
        try {
            return found.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException silent) {
            LOGGER.debug("the gateway was not greeted at the start", silent);
            return Optional.empty();
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private Optional<SmtpServerAddress> find() {
        for (SmtpServerAddress address : addresses.get()) {
            try (SmtpConnection connection = client.connect(address)) {
                if (GatewayConnections.isSmtp2Graph(connection)) {
                    return Optional.of(address);
                }
            } catch (IOException notConnected) {
                LOGGER.debug("the gateway was not reached at the start", notConnected);
            }
        }
        return Optional.empty();
    }
}
