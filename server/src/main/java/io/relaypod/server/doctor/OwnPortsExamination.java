package io.relaypod.server.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import io.relaypod.server.settings.ListenAddress;
import io.relaypod.server.settings.Settings;
import io.relaypod.smtpclient.SmtpConnection;

/** Whether the relay answers at its own ports, and what its health checks say. */
public final class OwnPortsExamination implements Examination {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LONGEST_PAGE = 4_000;
    private static final String NOT_RUNNING =
            "Start the relay, or run this command with its environment. The log of its last start has the reason.";

    private final Settings settings;
    private final SmtpDoor smtp;

    public OwnPortsExamination(Settings settings, SmtpDoor smtp) {
        this.settings = settings;
        this.smtp = smtp;
    }

    @Override
    public List<Finding> examine() {
        List<Finding> findings = new ArrayList<>();
        findings.add(smtp());
        settings.smtps().ifPresent(address -> findings.add(connects("SMTPS", "SMTPS_ADDR", address)));
        settings.metrics().ifPresent(metrics -> findings.add(readiness(metrics.address())));
        settings.webadmin()
                .ifPresent(webadmin -> findings.add(connects("webadmin", "WEBADMIN_ADDR", webadmin.address())));
        return findings;
    }

    private Finding smtp() {
        String where = settings.listen() + " (LISTEN_ADDR)";
        try (SmtpConnection connection =
                smtp.connect(host(settings.listen()), settings.listen().port())) {
            return Finding.ok("SMTP", where + " greets with " + connection.greeting());
        } catch (IOException unreachable) {
            return Finding.fault("SMTP", where + ": " + unreachable.getMessage(), NOT_RUNNING);
        }
    }

    private Finding connects(String subject, String variable, ListenAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host(address), address.port()), (int) PATIENCE.toMillis());
            return Finding.ok(subject, address + " (" + variable + ") accepts connections");
        } catch (IOException unreachable) {
            return Finding.fault(subject, address + " (" + variable + "): " + unreachable.getMessage(), NOT_RUNNING);
        }
    }

    private Finding readiness(ListenAddress address) {
        try {
            HttpResponse<String> answer = HttpClient.newBuilder()
                    .connectTimeout(PATIENCE)
                    .build()
                    .send(
                            HttpRequest.newBuilder(
                                            URI.create("http://" + host(address) + ":" + address.port() + "/readyz"))
                                    .timeout(PATIENCE)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            String page = answer.body().strip().replace("\n", "; ");
            String words = page.length() <= LONGEST_PAGE ? page : page.substring(0, LONGEST_PAGE);
            return answer.statusCode() == 200
                    ? Finding.ok("health", words)
                    : Finding.fault("health", "not ready: " + words, "docs/metrics.md explains each line of /readyz.");
        } catch (IOException | IllegalArgumentException unreachable) {
            return Finding.fault(
                    "health",
                    address + " (METRICS_ADDR): "
                            + Optional.ofNullable(unreachable.getMessage())
                                    .orElse("no answer, "
                                            + unreachable.getClass().getSimpleName()),
                    NOT_RUNNING);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return Finding.warning("health", "interrupted", "Try again.");
        }
    }

    /** The address at which a server that listens on all addresses is reached from here. */
    static String host(ListenAddress address) {
        try {
            return InetAddress.getByName(address.host()).isAnyLocalAddress() ? "127.0.0.1" : address.host();
        } catch (UnknownHostException unknown) {
            return address.host();
        }
    }
}
