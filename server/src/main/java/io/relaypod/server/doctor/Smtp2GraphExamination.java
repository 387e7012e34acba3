package io.relaypod.server.doctor;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import io.relaypod.events.MaskedAddresses;
import io.relaypod.graph.AttemptLine;
import io.relaypod.graph.AttemptLine.LineKind;
import io.relaypod.graph.GraphError;
import io.relaypod.graph.GraphErrors;
import io.relaypod.graph.KnownGraphError;
import io.relaypod.smtpclient.SmtpConnection;

/** Whether smtp2graph answers, and what its directories and its log say about the way to Graph. */
public final class Smtp2GraphExamination implements Examination {

    private static final String SUBJECT = "smtp2graph";
    private static final Duration OLD = Duration.ofMinutes(10);
    private static final Duration RECENT = Duration.ofHours(24);
    private static final int END_OF_LOG = 1 << 18;
    private static final int MOST_FILES = 10_000;

    private final String host;
    private final int port;
    private final Optional<Path> data;
    private final SmtpDoor smtp;
    private final Clock clock;
    private final GraphErrors errors = new GraphErrors();

    /** @param data smtp2graph's directory, if SMTP2GRAPH_DATA names it */
    public Smtp2GraphExamination(String host, int port, Optional<Path> data, SmtpDoor smtp, Clock clock) {
        this.host = host;
        this.port = port;
        this.data = data;
        this.smtp = smtp;
        this.clock = clock;
    }

    /** An attempt that failed, by smtp2graph's log. */
    private record FailedAttempt(Instant at, GraphError error) {}

    @Override
    public List<Finding> examine() {
        List<Finding> findings = new ArrayList<>();
        findings.add(port());
        if (data.isEmpty()) {
            findings.add(Finding.warning(
                    "Graph",
                    "SMTP2GRAPH_DATA is not set, so Graph's answers are not known",
                    "Mount smtp2graph's /data into this container, and set SMTP2GRAPH_DATA to it."));
            return findings;
        }
        findings.addAll(directories(data.get()));
        return findings;
    }

    private Finding port() {
        String where = host + ":" + port;
        try (SmtpConnection connection = smtp.connect(host, port)) {
            return Finding.ok(SUBJECT, where + " greets with " + connection.greeting());
        } catch (IOException unreachable) {
            return Finding.warning(
                    SUBJECT,
                    where + ": " + unreachable.getMessage(),
                    "If smtp2graph has another address, use --smtp2graph HOST:PORT. Otherwise start it; its log has the reason.");
        }
    }

    private List<Finding> directories(Path directory) {
        Path mailroot = directory.resolve("mailroot");
        Path queue = mailroot.resolve("queue");
        Path givenUp = mailroot.resolve("failed");
        if (!Files.isDirectory(mailroot)) {
            return List.of(Finding.fault(
                    "Graph",
                    mailroot + " does not exist or cannot be read",
                    "Set SMTP2GRAPH_DATA to smtp2graph's base directory, /data in its image, and mount it here."));
        }
        List<Finding> findings = new ArrayList<>();
        try {
            List<Path> failed = mails(givenUp);
            List<Path> waiting = mails(queue);
            if (!failed.isEmpty()) {
                findings.add(Finding.fault(
                        "Graph",
                        failed.size() + " mails in " + givenUp + ": smtp2graph has given them up",
                        "Remove the cause, then move them to " + queue + ". docs/graph.md"));
            }
            long old = waiting.stream().filter(this::isOld).count();
            findings.add(
                    old > 0
                            ? Finding.fault(
                                    "Graph",
                                    old + " mails have been in " + queue + " for more than " + OLD.toMinutes() + " min",
                                    "The last failure in smtp2graph's log has the reason. docs/graph.md")
                            : Finding.ok("Graph", waiting.size() + " mails in " + queue + ", none is old"));
            lastFailure(directory.resolve("logs"))
                    .filter(last -> last.at().isAfter(clock.instant().minus(RECENT)))
                    .map(last -> finding(last, old > 0 || !failed.isEmpty()))
                    .ifPresent(findings::add);
        } catch (IOException unreadable) {
            findings.add(Finding.fault(
                    "Graph",
                    "smtp2graph's directories cannot be read: " + unreadable,
                    "Let the relay's user read them: fsGroup in Kubernetes."));
        }
        return findings;
    }

    private Finding finding(FailedAttempt last, boolean isStuck) {
        KnownGraphError known = errors.known(last.error().name());
        String text = "the last failure, at " + last.at() + ": "
                + MaskedAddresses.in(last.error().words()) + ". " + known.cause();
        return isStuck ? Finding.fault("Graph", text, known.cure()) : Finding.warning("Graph", text, known.cure());
    }

    private static List<Path> mails(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".eml"))
                    .limit(MOST_FILES)
                    .toList();
        }
    }

    private boolean isOld(Path mail) {
        try {
            return Files.getLastModifiedTime(mail)
                    .toInstant()
                    .isBefore(clock.instant().minus(OLD));
        } catch (IOException gone) {
            return false;
        }
    }

    private Optional<FailedAttempt> lastFailure(Path logs) throws IOException {
        if (!Files.isDirectory(logs)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(logs)) {
            Optional<Path> newest = files.filter(
                            file -> file.getFileName().toString().matches("error\\d*\\.log"))
                    .max(Comparator.comparing(file -> file.toFile().lastModified()));
            return newest.isEmpty() ? Optional.empty() : lastLine(newest.get());
        }
    }

    private Optional<FailedAttempt> lastLine(Path log) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            long begin = Math.max(0, file.length() - END_OF_LOG);
            byte[] end = new byte[(int) (file.length() - begin)];
            file.seek(begin);
            file.readFully(end);
            return new String(end, StandardCharsets.UTF_8)
                    .lines()
                    .flatMap(line -> attempt(line).stream())
                    .reduce((earlier, later) -> later);
        }
    }

    private Optional<FailedAttempt> attempt(String line) {
        return AttemptLine.parse(line.getBytes(StandardCharsets.UTF_8))
                .filter(attempt -> attempt.kind() == LineKind.FAILED)
                .map(failed -> new FailedAttempt(failed.at(), errors.classify(failed.error())));
    }
}
