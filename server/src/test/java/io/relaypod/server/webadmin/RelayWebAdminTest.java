package io.relaypod.server.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.settings.Settings;
import io.relaypod.verdict.CachedDomainCheck;
import io.relaypod.verdict.DomainVerdict;
import io.relaypod.verdict.NonexistentDomains;
import io.relaypod.verdict.ProviderSuggestions;
import io.relaypod.verdict.RecipientRule;
import org.apache.james.mailrepository.api.MailKey;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.JsonTransformer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import spark.Service;

/** The whole of webadmin's own server and routes, asked over HTTP; queues and repositories stand in. */
class RelayWebAdminTest {

    private static final Clock NOON = Clock.fixed(Instant.parse("2026-01-01T12:00:00Z"), ZoneOffset.UTC);
    private static final MeterRegistry METERS = new SimpleMeterRegistry();

    /** Routes that wait, fail or echo. */
    private static final class TestRoutes implements Routes {

        private final Semaphore arrived = new Semaphore(0);
        private final CountDownLatch mayAnswer = new CountDownLatch(1);

        @Override
        public String getBasePath() {
            return "/test";
        }

        @Override
        public void define(Service service) {
            // A path of those that may take long.
            service.get("/domains/slow/test", (request, response) -> {
                arrived.release();
                return mayAnswer.await(RunningWebAdmin.LONG_ENOUGH.toSeconds(), TimeUnit.SECONDS)
                        ? "\"slow\""
                        : "\"too slow\"";
            });
            service.post("/test/echo", (request, response) -> request.body());
            service.get("/test/long", (request, response) -> {
                response.raw().getOutputStream().write(new byte[100_000]);
                response.raw().flushBuffer();
                return "";
            });
            service.get("/test/broken", (request, response) -> {
                throw new IOException("the disk is broken");
            });
            service.get("/test/fault", (request, response) -> {
                throw new IllegalStateException("a fault");
            });
            service.get("/healthcheck", (request, response) -> "\"healthy\"");
        }
    }

    private static final TestRoutes ROUTES = new TestRoutes();
    private static RunningWebAdmin webadmin;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        Settings settings = Settings.from(Map.of(
                "DATA_DIR",
                directory.toString(),
                "JAMES_CONF",
                "../james-conf",
                "WEBADMIN_ADDR",
                "127.0.0.1:0",
                "WEBADMIN_HOSTS",
                "relay.example"));
        JsonTransformer json = new JsonTransformer();
        CachedDomainCheck cache = new CachedDomainCheck(
                (domain, client) -> CompletableFuture.completedFuture(new DomainVerdict.NullMx()),
                new NonexistentDomains(settings.mx(), Ticker.systemTicker()),
                settings.mx(),
                Ticker.systemTicker(),
                domain -> {});
        OperatorQueues queues = mock(OperatorQueues.class);
        when(queues.getQueue(any(), any())).thenReturn(Optional.empty());
        when(queues.getQueue(any())).thenReturn(Optional.empty());
        MailRepository failed = mock(MailRepository.class);
        when(failed.list())
                .then(asked -> List.of(new MailKey("Mail1"), new MailKey("Mail2"), new MailKey("Mail3"))
                        .iterator());
        MailRepositoryStore repositories = mock(MailRepositoryStore.class);
        when(repositories.getByPath(any())).then(asked -> Stream.of(failed));
        webadmin = RunningWebAdmin.start(
                settings,
                queues,
                repositories,
                METERS,
                List.of(
                        ROUTES,
                        new MxCacheRoutes(cache, NOON, json),
                        new DomainRoutes(
                                new RecipientRule(cache, settings.mx(), ProviderSuggestions.of(settings.mx())),
                                cache,
                                NOON,
                                json),
                        new RelayRoutes(settings, Optional.empty(), NOON, json, MemoryBudget.ofThisProcess())));
    }

    @AfterAll
    static void stop() {
        webadmin.close();
    }

    @Test
    void aDomainIsJudgedAndItsVerdictCachedUntilItIsDeleted() throws Exception {
        assertThat(webadmin.get("/domains/example.com/verdict").body())
                .contains("\"domain\":\"example.com\"", "\"accepted\":false", "\"code\":556", "\"remembered\":{");
        assertThat(webadmin.get("/domains/example.com/verdict?fresh=true").statusCode())
                .isEqualTo(200);
        assertThat(webadmin.get("/mx-cache").body()).contains("example.com");
        assertThat(webadmin.get("/mx-cache/example.com").body()).contains("example.com");

        assertThat(webadmin.send(webadmin.to("/mx-cache/example.com").DELETE()).statusCode())
                .isEqualTo(204);
        assertThat(webadmin.get("/mx-cache/example.com").statusCode()).isEqualTo(404);
        assertThat(webadmin.send(webadmin.to("/mx-cache").DELETE()).statusCode())
                .isEqualTo(204);
        assertThat(webadmin.get("/mx-cache").body()).isEqualTo("[]");
    }

    @ParameterizedTest
    @CsvSource({
        "/mx-cache?limit=20000, 400, expected a number from 1 to 10000",
        "/relay/trace?sender=a@b.example, 404, there is no trace",
        "/relay/nothing, 404, can not be found",
        "/mailQueues/none/mails, 404, none can not be found",
        "/mailQueues/none/mails?limit=x, 400, limit is 'x'",
        "/test/broken, 500, unexpected internal error",
        "/test/fault, 500, unexpected internal error",
        "/relay/trace?since=yesterday, 400, Invalid arguments"
    })
    void aWrongRequestIsAnsweredWithItsReason(String path, int status, String reason) throws Exception {
        HttpResponse<String> response = webadmin.get(path);

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body()).contains(reason);
    }

    @Test
    void aListingOfARepositoryHasTheKeysOfOnePage() throws Exception {
        assertThat(webadmin.get("/mailRepositories/var%2Fmail%2Ffailed/mails").body())
                .contains("Mail1", "Mail2", "Mail3");
        assertThat(webadmin.get("/mailRepositories/var%2Fmail%2Ffailed/mails?limit=1&offset=1")
                        .body())
                .contains("Mail2")
                .doesNotContain("Mail1", "Mail3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/relay/configuration", "/relay/openapi.yaml", "/relay/search", "/relay/search?q=a@b.example"})
    void aPageIsAnsweredAndNotStoredByAnyone(String path) throws Exception {
        HttpResponse<String> response = webadmin.get(path);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isNotEmpty();
        assertThat(response.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(response.headers().firstValue("X-Frame-Options")).contains("DENY");
    }

    @ParameterizedTest
    @CsvSource({
        "Authorization, Bearer wrong, 401",
        "Authorization, Digest x, 401",
        "Origin, http://elsewhere.example, 403",
        "Sec-Fetch-Site, cross-site, 403",
        "X-HTTP-Method-Override, DELETE, 400"
    })
    void aRequestThatMayNotBeServedIsRefused(String header, String value, int status) throws Exception {
        HttpResponse<String> response = webadmin.send(webadmin.to("/mx-cache").setHeader(header, value));

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("Connection")).contains("close");
    }

    @Test
    void aPasswordMayComeInTheWayOfBrowsers() throws Exception {
        // admin:correct horse battery
        String basic = "Basic YWRtaW46Y29ycmVjdCBob3JzZSBiYXR0ZXJ5";

        assertThat(webadmin.send(webadmin.to("/mx-cache").setHeader("Authorization", basic))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void theHealthIsAnsweredWithoutAPassword() throws Exception {
        HttpResponse<String> response = webadmin.send(HttpRequest.newBuilder(webadmin.uri("/healthcheck")));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("\"healthy\"");
    }

    @Test
    void aBodyIsReadWholeAndALongOneIsRefused() throws Exception {
        String body = "x".repeat(10_000);
        assertThat(webadmin.send(webadmin.to("/test/echo").POST(BodyPublishers.ofString(body)))
                        .body())
                .isEqualTo(body);
        assertThat(webadmin.send(webadmin.to("/test/echo")
                                .POST(BodyPublishers.ofInputStream(
                                        () -> new ByteArrayInputStream(body.getBytes(StandardCharsets.US_ASCII)))))
                        .body())
                .as("chunked")
                .isEqualTo(body);
        assertThat(webadmin.send(webadmin.to("/test/echo").POST(BodyPublishers.ofString("x".repeat(20_000))))
                        .statusCode())
                .isEqualTo(413);
    }

    @Test
    void aLongAnswerComesWhole() throws Exception {
        assertThat(webadmin.get("/test/long").body()).hasSize(100_000);
    }

    @Test
    void slowRequestsWaitForEachOtherWhileOthersAreAnswered() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> slow = new ArrayList<>();
        for (int request = 0; request < 6; request++) {
            slow.add(RunningWebAdmin.HTTP.sendAsync(
                    webadmin.to("/domains/slow/test").build(), BodyHandlers.ofString()));
        }
        assertThat(ROUTES.arrived.tryAcquire(4, RunningWebAdmin.LONG_ENOUGH.toSeconds(), TimeUnit.SECONDS))
                .as("as many as there are slots")
                .isTrue();

        assertThat(webadmin.get("/relay/configuration").statusCode()).isEqualTo(200);
        assertThat(slow).noneMatch(CompletableFuture::isDone);
        assertThat(METERS.get("relaypod.webadmin.connections").gauge().value()).isGreaterThanOrEqualTo(6);

        ROUTES.mayAnswer.countDown();
        for (CompletableFuture<HttpResponse<String>> answer : slow) {
            assertThat(answer.get(RunningWebAdmin.LONG_ENOUGH.toSeconds(), TimeUnit.SECONDS)
                            .body())
                    .isEqualTo("\"slow\"");
        }
    }
}
