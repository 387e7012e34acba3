package io.relaypod.server.webadmin;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;

import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.webadmin.authentication.AuthenticationFilter;
import org.eclipse.jetty.http.HttpStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import com.github.benmanes.caffeine.cache.Ticker;

import io.relaypod.events.LineLimit;
import io.relaypod.server.settings.WebAdminSettings;
import spark.Request;
import spark.Response;
import spark.Spark;

/**
 * Asks for the password of {@code WEBADMIN_PASSWORD_FILE}: as a bearer token, or as the password of any user (RFC 6750, RFC 7617). Whatever
 * is wrong is answered alike. Thread-safe.
 */
public final class PasswordFilter implements AuthenticationFilter {

    private static final Logger LOGGER = LoggerFactory.getLogger(PasswordFilter.class);

    private static final String BEARER = "Bearer ";
    private static final String BASIC = "Basic ";
    private static final String REFUSAL = "{\"statusCode\":401,\"type\":\"Unauthorized\",\"message\":\"Unauthorized\",\"details\":null}";

    private final Path passwordFile;
    private final Metric refused;
    private final FailedLogins failures;
    private final LineLimit lines = new LineLimit(leftOut -> LOGGER.warn("event=webadmin-refused-more refusals={}", leftOut));

    public PasswordFilter(Path passwordFile, MetricFactory metrics) {
        this(passwordFile, metrics, Ticker.systemTicker());
    }

    PasswordFilter(Path passwordFile, MetricFactory metrics, Ticker ticker) {
        this.passwordFile = passwordFile;
        this.refused = metrics.generate("webadmin_refused");
        this.failures = new FailedLogins(ticker);
    }

    @Override
    public void handle(Request request, Response response) {
        String address = request.ip();
        Optional<String> given = given(Optional.ofNullable(request.headers("Authorization")).orElse(""));
        if (given.isPresent() && !failures.isDeafTo(address) && isPassword(given.get())) {
            failures.succeeded(address);
            return;
        }
        refused.increment();
        if (given.isPresent()) {
            failures.failed(address);
            if (lines.hasRoom()) {
                LOGGER.warn("event=webadmin-refused client={} method={}", address, request.requestMethod());
            }
        }
        response.header("WWW-Authenticate", "Basic realm=\"relaypod\", charset=\"UTF-8\"");
        response.type("application/json");
        throw Spark.halt(HttpStatus.UNAUTHORIZED_401, REFUSAL);
    }

    private static Optional<String> given(String header) {
        if (header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return Optional.of(header.substring(BEARER.length()).strip());
        }
        if (!header.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
            return Optional.empty();
        }
        try {
            String userAndPassword = new String(Base64.getDecoder().decode(header.substring(BASIC.length()).strip()), StandardCharsets.UTF_8);
            return Optional.of(userAndPassword.substring(userAndPassword.indexOf(':') + 1));
        } catch (IllegalArgumentException notBase64) {
            return Optional.of("");
        }
    }

    /** Takes as long for a password that begins well as for any other. */
    private boolean isPassword(String given) {
        try {
            return MessageDigest.isEqual(digest(given), digest(WebAdminSettings.password(passwordFile)));
        } catch (IllegalArgumentException unreadable) {
            LOGGER.error("event=webadmin-password-unreadable file={} reason=\"{}\"", passwordFile, unreadable.getMessage());
            return false;
        }
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}
