package io.relaypod.server.webadmin;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.settings.Settings;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.webadmin.RandomPortSupplier;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.WebAdminConfiguration;
import org.apache.james.webadmin.utils.JsonTransformer;

/** webadmin's server with the routes of a test, asked over HTTP. */
record RunningWebAdmin(RelayWebAdmin webadmin) implements AutoCloseable {

    static final Duration LONG_ENOUGH = Duration.ofSeconds(30);
    static final String PASSWORD = "correct horse battery";
    static final HttpClient HTTP = HttpClient.newHttpClient();

    /** @param settings its DATA_DIR gets the file of the password */
    static RunningWebAdmin start(
            Settings settings,
            OperatorQueues queues,
            MailRepositoryStore repositories,
            MeterRegistry meters,
            List<Routes> routes)
            throws Exception {
        Path password = Files.writeString(settings.dataDir().resolve("password"), PASSWORD + "\n");
        AdminCredentials credentials = new AdminCredentials(new PasswordFile(password), new RecordingMetricFactory());
        MemoryBudget budget = MemoryBudget.ofThisProcess();
        RelayWebAdmin webadmin = new RelayWebAdmin(
                WebAdminConfiguration.builder()
                        .enabled()
                        .host("127.0.0.1")
                        .port(new RandomPortSupplier())
                        .build(),
                routes,
                new BoundedListings(queues, repositories, budget, new JsonTransformer()),
                new RecordingMetricFactory(),
                meters,
                settings,
                () -> credentials,
                budget);
        webadmin.start();
        return new RunningWebAdmin(webadmin);
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + webadmin.getPort().getValue() + path);
    }

    HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(uri(path)).timeout(LONG_ENOUGH).header("Authorization", "Bearer " + PASSWORD);
    }

    HttpResponse<String> get(String path) throws Exception {
        return send(to(path));
    }

    HttpResponse<String> patch(String path) throws Exception {
        return send(to(path).method("PATCH", BodyPublishers.noBody()));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return HTTP.send(request.build(), BodyHandlers.ofString());
    }

    @Override
    public void close() {
        webadmin.destroy();
    }
}
