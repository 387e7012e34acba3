package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

import com.sun.net.httpserver.HttpServer;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The status page in Chromium. The gateway's reply and a refused recipient contain HTML. */
class StatusPageInBrowserTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String HOSTILE =
            "<script>document.title='taken over'</script><img src=x onerror=\"document.title='taken over'\">";

    // In a frame with the width, since Chromium's windows are at least 500 pixels wide.
    private static final String RULER = """
        <!doctype html><meta charset="utf-8"><output></output>
        <iframe src="/" style="width: %dpx; height: 800px; border: 0"></iframe>
        <script>
        const lightness = colour => colour.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
        const frame = document.querySelector('iframe');
        frame.onload = () => {
          const page = frame.contentDocument.documentElement;
          const body = frame.contentWindow.getComputedStyle(frame.contentDocument.body);
          const beyond = [...page.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right > page.clientWidth + 1)
            .map(each => each.tagName + '.' + each.className);
          document.querySelector('output').textContent = `title: ${frame.contentDocument.title}; width: ${page.clientWidth};`
            + ` content: ${page.scrollWidth}; dark: ${lightness(body.backgroundColor) < lightness(body.color)}; beyond: ${beyond.slice(0, 9)}`;
        };
        </script>
        """;

    @TempDir
    private static Path profile;

    private static MailpitStandIn mailpit;
    private static LabWorld world;

    @BeforeAll
    static void start() throws Exception {
        mailpit = MailpitStandIn.start(Relaying.none());
        mailpit.answer(Phase.CONTENT, "451 4.7.1 " + HOSTILE);
        world = LabWorld.builder()
                .with("METRICS_ADDR", "127.0.0.1:0")
                .with("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()))
                .start();
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<secret.sender@example.com>");
            smtp.send("RCPT TO:<secret.guest@nonexistent-domain.xyz>");
            smtp.send("RCPT TO:<guest@example.com>");
            smtp.data("From: secret.sender@example.com\r\nTo: guest@example.com\r\n\r\nx\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        }
        await().atMost(PATIENCE).until(() -> Scrape.get(world, "/").body().contains("451 4.7.1"));
    }

    @AfterAll
    static void stop() {
        world.close();
        mailpit.close();
    }

    @Test
    void thePageIsCompleteWithoutJavaScript() throws Exception {
        AtomicInteger pages = new AtomicInteger();
        HttpServer front = front(
                pages, new ArrayList<>(), policy -> policy.replaceFirst("script-src '[^']*'", "script-src 'none'"));
        try {
            String page = Programs.chromium(
                    profile,
                    "http://127.0.0.1:" + front.getAddress().getPort() + "/",
                    "--virtual-time-budget=35000",
                    "--dump-dom");

            assertThat(page)
                    .contains(
                            "relaypod: ready",
                            "accepts mail",
                            "The last hour",
                            "Messages accepted",
                            "<svg",
                            "Last refusals",
                            "***@nonexistent-domain.xyz",
                            "550 5.1.2 Bad destination mailbox address");
            assertThat(page).as("no local part").doesNotContain("secret");
            assertThat(pages).as("the script did not run").hasValue(1);
            assertThat(Scrape.get(world, "/").body())
                    .contains("<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>");
        } finally {
            front.stop(0);
        }
    }

    @Test
    void scriptsInTextFromOutsideDoNotRun() throws Exception {
        String page = Programs.chromium(profile, address("/"), "--virtual-time-budget=3000", "--dump-dom");

        assertThat(page)
                .contains("<title>relaypod: ready</title>")
                .contains("&lt;script&gt;document.title='taken over'&lt;/script&gt;")
                .doesNotContain("<script>document.title");
    }

    @Test
    void thePageRefreshesItselfAndLoadsNothingElse() throws Exception {
        AtomicInteger pages = new AtomicInteger();
        List<String> others = new ArrayList<>();
        HttpServer front = front(pages, others, policy -> policy);
        try {
            String page = Programs.chromium(
                    profile,
                    "http://127.0.0.1:" + front.getAddress().getPort() + "/",
                    "--virtual-time-budget=35000",
                    "--dump-dom");

            assertThat(page).contains("<title>relaypod: ready</title>").doesNotContain("class=\"lost\"");
            assertThat(pages).as("at once and then every ten seconds").hasValueBetween(3, 5);
            assertThat(others).isEmpty();
        } finally {
            front.stop(0);
        }
    }

    @ParameterizedTest
    @CsvSource({"360, false", "360, true", "1400, false", "1400, true"})
    void thePageFitsPhonesAndDesktopsInLightAndDarkColours(int width, boolean isDark) throws Exception {
        HttpServer front = front(
                new AtomicInteger(),
                new ArrayList<>(),
                policy -> policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'"));
        front.createContext("/ruler", exchange -> {
            byte[] ruler = RULER.formatted(width).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
            exchange.sendResponseHeaders(200, ruler.length);
            exchange.getResponseBody().write(ruler);
            exchange.close();
        });
        try {
            List<String> options = new ArrayList<>(
                    List.of("--window-size=1500,900", "--hide-scrollbars", "--virtual-time-budget=3000", "--dump-dom"));
            if (isDark) {
                options.add("--force-dark-mode");
            }
            String measured = Programs.chromium(
                    profile,
                    "http://127.0.0.1:" + front.getAddress().getPort() + "/ruler",
                    options.toArray(String[]::new));

            assertThat(measured)
                    .contains("<output>title: relaypod: ready; width: " + width + "; content: " + width + "; dark: "
                            + isDark + "; ");
        } finally {
            front.stop(0);
        }
    }

    @Test
    void thePolicyAllowsOnlyThePagesOwnScript() throws Exception {
        String policy = Scrape.get(world, "/")
                .headers()
                .firstValue("Content-Security-Policy")
                .orElseThrow();

        assertThat(policy)
                .startsWith("default-src 'none'; ")
                .contains("style-src 'sha256-", "script-src 'sha256-", "form-action 'none'", "frame-ancestors 'none'")
                .doesNotContain("unsafe", "http:", "https:", "*");
    }

    /** Starts a proxy to the relay, which counts the browser's requests. */
    private static HttpServer front(AtomicInteger pages, List<String> others, UnaryOperator<String> changed)
            throws IOException {
        HttpServer front = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        front.createContext("/", exchange -> {
            if (exchange.getRequestURI().getPath().equals("/")) {
                pages.incrementAndGet();
            } else {
                others.add(exchange.getRequestURI().getPath());
            }
            try {
                HttpResponse<byte[]> answer = HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create(address("/"))).build(),
                                HttpResponse.BodyHandlers.ofByteArray());
                answer.headers()
                        .firstValue("Content-Security-Policy")
                        .map(changed)
                        .ifPresent(policy -> exchange.getResponseHeaders().set("Content-Security-Policy", policy));
                exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
                exchange.sendResponseHeaders(answer.statusCode(), answer.body().length);
                exchange.getResponseBody().write(answer.body());
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            } finally {
                exchange.close();
            }
        });
        front.start();
        return front;
    }

    private static String address(String path) {
        return "http://127.0.0.1:" + world.relay().metricsPort().orElseThrow() + path;
    }
}
