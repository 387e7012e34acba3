package io.relaypod.server.doctor;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;

/**
 * Compares the clock with that of Microsoft's login service, which refuses what is signed minutes away from its own
 * time. Also shows whether the service can be reached.
 */
public final class ClockExamination implements Examination {

    private static final String SUBJECT = "clock";
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration TOLERATED = Duration.ofMinutes(1);
    private static final Duration REFUSED = Duration.ofMinutes(5);

    private final URI service;
    private final Clock clock;

    public ClockExamination(URI service, Clock clock) {
        this.service = service;
        this.clock = clock;
    }

    @Override
    public List<Finding> examine() {
        try {
            HttpResponse<Void> answer = HttpClient.newBuilder()
                    .connectTimeout(PATIENCE)
                    .build()
                    .send(
                            HttpRequest.newBuilder(service)
                                    .timeout(PATIENCE)
                                    .method("HEAD", HttpRequest.BodyPublishers.noBody())
                                    .build(),
                            HttpResponse.BodyHandlers.discarding());
            return List.of(answer.headers()
                    .firstValue("Date")
                    .flatMap(ClockExamination::time)
                    .map(this::finding)
                    .orElseGet(() -> unknown("its answer has no time")));
        } catch (IOException unreachable) {
            return List.of(unknown(unreachable.getClass().getSimpleName()
                    + Optional.ofNullable(unreachable.getMessage())
                            .map(words -> ": " + words)
                            .orElse("")));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return List.of(unknown("interrupted"));
        }
    }

    private static Optional<Instant> time(String header) {
        try {
            return Optional.of(Instant.from(ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME)));
        } catch (DateTimeException unreadable) {
            return Optional.empty();
        }
    }

    private Finding finding(Instant there) {
        Duration ahead = Duration.between(there, clock.instant());
        String words =
                ahead.abs().toSeconds() + " s " + (ahead.isNegative() ? "behind " : "ahead of ") + service.getHost();
        String cure = "Synchronise the clock of the host, by NTP.";
        if (ahead.abs().compareTo(REFUSED) > 0) {
            return Finding.fault(SUBJECT, words + "; Entra may issue no token", cure);
        }
        return ahead.abs().compareTo(TOLERATED) > 0
                ? Finding.warning(SUBJECT, words, cure)
                : Finding.ok(SUBJECT, "agrees with " + service.getHost());
    }

    private Finding unknown(String cause) {
        return Finding.warning(
                SUBJECT,
                "not compared: " + service.getHost() + " was not reached from here (" + cause + ")",
                "smtp2graph needs this service too: check the network policy, the proxy and port 443.");
    }
}
