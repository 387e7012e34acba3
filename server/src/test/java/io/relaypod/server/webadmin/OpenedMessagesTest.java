package io.relaypod.server.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.relaypod.memory.MemoryBudget;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import spark.Service;

class OpenedMessagesTest {

    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final Service service = Service.ignite().ipAddress("127.0.0.1").port(0);
    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger open = new AtomicInteger();
    private final CountDownLatch held = new CountDownLatch(1);

    @BeforeEach
    void start() {
        new OpenedMessages(budget).define(service);
        service.get(OpenedMessages.PATH, (request, response) -> {
            open.incrementAndGet();
            if (request.params(":mailKey").equals("held")) {
                held.await(20, TimeUnit.SECONDS);
            }
            if (request.params(":mailKey").equals("broken")) {
                throw new IllegalStateException("unreadable");
            }
            return "a mail";
        });
        service.awaitInitialization();
    }

    @AfterEach
    void stop() {
        service.stop();
        service.awaitStop();
    }

    @Test
    void oneMessageIsOpenAtATimeAndItsMemoryIsFreeAfterwards() {
        CompletableFuture<HttpResponse<String>> first = get("held");
        await().until(() -> open.get() == 1);
        CompletableFuture<HttpResponse<String>> second = get("broken");

        await().during(Duration.ofMillis(300)).until(() -> open.get() == 1);
        held.countDown();

        assertThat(first.join().statusCode()).isEqualTo(200);
        assertThat(second.join().statusCode()).isEqualTo(500);
        await().untilAsserted(() -> assertThat(budget.reserved()).isZero());
    }

    private CompletableFuture<HttpResponse<String>> get(String key) {
        return client.sendAsync(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port()
                                + "/mailRepositories/var%2Fmail%2Ffailed/mails/" + key))
                        .build(),
                BodyHandlers.ofString());
    }
}
