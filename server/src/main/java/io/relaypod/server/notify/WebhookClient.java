package io.relaypod.server.notify;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import com.google.common.base.CharMatcher;
import com.google.common.base.Throwables;
import io.relaypod.server.metrics.BuildInfo;
import io.relaypod.server.settings.NotifySettings;

/**
 * Sends a notification by HTTP POST. One attempt takes at most {@link #TIMEOUT}, from the lookup of the name to the end
 * of the response, however slowly the server sends it. Redirects are not followed: their target is not what the
 * operator named. Java's client, which has one thread of its own, is made for the first notification. For one thread.
 */
final class WebhookClient {

    /** Time limit of one attempt. */
    static final Duration TIMEOUT = Duration.ofSeconds(15);

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LONGEST_WAIT = Duration.ofHours(1);
    private static final int LONGEST_WORDS = 200;
    private static final Pattern ONE_LINE = Pattern.compile("\\P{Cntrl}+");
    private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");
    // Those that another notification would not get.
    private static final Set<Integer> ABOUT_THE_MESSAGE = Set.of(400, 413, 415, 422);

    private final NotifySettings settings;
    private final Executor threads;
    private final Clock clock;
    private final Duration timeout;
    private Optional<ClientWithTrust> current = Optional.empty();

    /** A client, and when its file of authorities was written. */
    private record ClientWithTrust(HttpClient client, FileTime trusted) {}

    /** @param threads for the client's callbacks and its lookup of the name */
    WebhookClient(NotifySettings settings, Executor threads, Clock clock) {
        this(settings, threads, clock, TIMEOUT);
    }

    WebhookClient(NotifySettings settings, Executor threads, Clock clock, Duration timeout) {
        this.settings = settings;
        this.threads = threads;
        this.clock = clock;
        this.timeout = timeout;
    }

    /** Makes one attempt. Returns early, with a failure, if the thread is interrupted. */
    NotificationResult send(Notification message) {
        CompletableFuture<HttpResponse<String>> answer = new CompletableFuture<>();
        try {
            NotificationBody body = NotificationBody.of(message, settings.form(), secret(), clock.instant());
            answer = client().sendAsync(request(body), response -> new LimitedBody());
            return result(answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException slow) {
            return NotificationResult.failed("no complete answer within " + timeout.toSeconds() + " s");
        } catch (ExecutionException failure) {
            return NotificationResult.failed(words(Throwables.getRootCause(failure)));
        } catch (IOException | GeneralSecurityException unusable) {
            return NotificationResult.failed("NOTIFY_SECRET_FILE or NOTIFY_CA_FILE cannot be used: " + words(unusable));
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            return NotificationResult.failed("the relay stops");
        } catch (RuntimeException unusable) {
            // Its text may have the secret in it.
            return NotificationResult.failed("the request cannot be made: "
                    + unusable.getClass().getSimpleName() + "; look at NOTIFY_URL and NOTIFY_SECRET_FILE");
        } finally {
            answer.cancel(true);
        }
    }

    private Optional<String> secret() throws IOException {
        if (settings.secretFile().isEmpty()) {
            return Optional.empty();
        }
        String secret = Files.readString(settings.secretFile().get()).strip();
        if (!ONE_LINE.matcher(secret).matches()) {
            throw new IOException(settings.secretFile().get() + ": expected one line");
        }
        return Optional.of(secret);
    }

    private HttpClient client() throws IOException, GeneralSecurityException {
        FileTime trusted = settings.caFile().isPresent()
                ? Files.getLastModifiedTime(settings.caFile().get())
                : FileTime.fromMillis(0);
        if (current.filter(known -> known.trusted().equals(trusted)).isEmpty()) {
            current = Optional.of(new ClientWithTrust(newClient(), trusted));
        }
        return current.orElseThrow().client();
    }

    private HttpClient newClient() throws IOException, GeneralSecurityException {
        HttpClient.Builder client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECT_TIMEOUT)
                .executor(threads);
        if (settings.caFile().isPresent()) {
            client.sslContext(trusting(settings.caFile().get()));
        }
        return client.build();
    }

    private static SSLContext trusting(Path authorities) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream in = new FileInputStream(authorities.toFile())) {
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                trusted.setCertificateEntry("ca-" + trusted.size(), certificate);
            }
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private HttpRequest request(NotificationBody body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(settings.url())
                .timeout(timeout)
                .header("Content-Type", body.contentType())
                .header("User-Agent", "relaypod/" + BuildInfo.read().relaypod())
                .POST(BodyPublishers.ofByteArray(body.bytes()));
        body.headers().forEach(request::header);
        return request.build();
    }

    private NotificationResult result(HttpResponse<String> response) {
        int status = response.statusCode();
        if (status / 100 == 2) {
            return new NotificationResult(true, false, Optional.empty(), Integer.toString(status));
        }
        String words = status / 100 == 3
                ? status + ": redirects are not followed; set NOTIFY_URL to the final address"
                : status + " " + printable(response.body());
        return new NotificationResult(
                false,
                ABOUT_THE_MESSAGE.contains(status),
                response.headers().firstValue("Retry-After").flatMap(this::wait),
                words.strip());
    }

    private Optional<Duration> wait(String retryAfter) {
        try {
            String text = retryAfter.strip();
            Duration asked = SECONDS.matcher(text).matches()
                    ? Duration.ofSeconds(Long.parseLong(text))
                    : Duration.between(
                            clock.instant(),
                            Instant.from(ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)));
            return Optional.of(asked)
                    .filter(time -> !time.isNegative())
                    .map(time -> time.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : time);
        } catch (DateTimeException unknown) {
            return Optional.empty();
        }
    }

    // A server may repeat the URL, which may be a secret.
    private String printable(String text) {
        String shown = text.contains(settings.url().getRawPath())
                        && settings.url().getRawPath().length() > 1
                ? "(the answer has the URL in it)"
                : text;
        String oneLine = CharMatcher.javaIsoControl().replaceFrom(shown, ' ');
        return oneLine.length() <= LONGEST_WORDS ? oneLine : oneLine.substring(0, LONGEST_WORDS) + "...";
    }

    private String words(Throwable failure) {
        String message = failure.getMessage() == null ? "" : ": " + failure.getMessage();
        return printable(failure.getClass().getSimpleName() + message);
    }
}
