package io.relaypod.server.cli;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.net.HostAndPort;
import io.relaypod.server.doctor.ClockExamination;
import io.relaypod.server.doctor.ConfigurationExamination;
import io.relaypod.server.doctor.DiskExamination;
import io.relaypod.server.doctor.DnsExamination;
import io.relaypod.server.doctor.Examination;
import io.relaypod.server.doctor.Finding;
import io.relaypod.server.doctor.Finding.FindingLevel;
import io.relaypod.server.doctor.GatewayExamination;
import io.relaypod.server.doctor.OwnPortsExamination;
import io.relaypod.server.doctor.Smtp2GraphExamination;
import io.relaypod.server.doctor.SmtpDoor;
import io.relaypod.server.doctor.TrialMail;
import io.relaypod.server.notify.TrialNotification;
import io.relaypod.server.settings.InvalidSettingsException;
import io.relaypod.server.settings.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Examines the relay and what it depends on, and prints each finding with its cause and cure. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description =
                "Examine the relay, DNS, the gateway, smtp2graph, the clock and the disk. Run it where the relay runs.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:no fault", "1:a fault was found"})
final class DoctorCommand implements Callable<Integer> {

    private static final URI LOGIN_SERVICE = URI.create("https://login.microsoftonline.com/");
    private static final Duration FOLLOWED_FOR = Duration.ofMinutes(1);
    private static final int FAULT_FOUND = 1;

    @Option(
            names = "--send-to",
            paramLabel = "ADDRESS",
            description = "Send a trial mail to this address, and follow it to the last answer that is known.")
    private Optional<String> recipient = Optional.empty();

    @Option(
            names = "--from",
            paramLabel = "MAILBOX",
            description = "The mailbox that the trial is sent from; default: the first of SENDER_MAILBOXES.")
    private Optional<String> sender = Optional.empty();

    @Option(names = "--notify", description = "Send a trial notification to NOTIFY_URL.")
    private boolean isNotifying;

    @Option(
            names = "--smtp2graph",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:2525",
            description = "Where smtp2graph listens; default ${DEFAULT-VALUE}.")
    private String smtp2Graph = "";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final Map<String, String> environment;

    /** @param environment the relay's variables */
    DoctorCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws InterruptedException {
        List<Finding> findings = new ArrayList<>();
        Terminal terminal = new Terminal(spec);
        try (SmtpDoor smtp = new SmtpDoor()) {
            Settings settings = Settings.from(environment);
            for (Examination examination : examinations(settings, smtp)) {
                add(findings, examination.examine(), terminal);
            }
            if (isNotifying) {
                add(findings, List.of(notification(settings)), terminal);
            }
            if (recipient.isPresent()) {
                add(findings, trial(settings, smtp, recipient.get()), terminal);
            }
        } catch (InvalidSettingsException invalid) {
            add(
                    findings,
                    List.of(new Finding(
                            "configuration",
                            FindingLevel.FAULT,
                            String.valueOf(invalid.getMessage()),
                            "Correct the variables. docs/configuration.md")),
                    terminal);
        }
        return conclude(findings, terminal);
    }

    private List<Examination> examinations(Settings settings, SmtpDoor smtp) {
        HostAndPort behind = HostAndPort.fromString(smtp2Graph).withDefaultPort(2525);
        Optional<Path> data = Optional.ofNullable(environment.get("SMTP2GRAPH_DATA"))
                .filter(path -> !path.isBlank())
                .map(path -> Path.of(path.strip()));
        List<Path> files = data.map(directory -> directory.resolve("config.yml")).stream()
                .filter(Files::isReadable)
                .toList();
        return List.of(
                new ConfigurationExamination(settings, environment, files),
                new DiskExamination(settings.dataDir()),
                new DnsExamination(settings.dns()),
                new OwnPortsExamination(settings, smtp),
                new GatewayExamination(settings.upstreamHost(), settings.upstreamPort(), smtp),
                new Smtp2GraphExamination(behind.getHost(), behind.getPort(), data, smtp, Clock.systemUTC()),
                new ClockExamination(LOGIN_SERVICE, Clock.systemUTC()));
    }

    private static Finding notification(Settings settings) {
        if (settings.notifications().isEmpty()) {
            return new Finding(
                    "notification",
                    FindingLevel.FAULT,
                    "NOTIFY_URL is not set",
                    "docs/notifications.md has the forms.");
        }
        String receiver = settings.notifications().get().host();
        return TrialNotification.problem(settings.notifications().get(), Clock.systemUTC())
                .map(problem -> new Finding(
                        "notification",
                        FindingLevel.FAULT,
                        receiver + " did not accept the trial: " + problem,
                        "Correct NOTIFY_URL, NOTIFY_FORM or NOTIFY_SECRET_FILE. docs/notifications.md"))
                .orElseGet(() ->
                        new Finding("notification", FindingLevel.OK, receiver + " accepted a trial notification", ""));
    }

    private List<Finding> trial(Settings settings, SmtpDoor smtp, String address) throws InterruptedException {
        Optional<String> from = sender.or(this::firstMailbox);
        if (from.isEmpty()) {
            return List.of(new Finding(
                    "trial",
                    FindingLevel.FAULT,
                    "not sent: no mailbox is known to send from",
                    "Name one that Graph may send as: --from MAILBOX."));
        }
        TrialMail.TrialReply reply =
                new TrialMail(settings.listen(), smtp, Clock.systemUTC()).send(from.get(), address);
        if (reply.queueId().isEmpty()) {
            return List.of(reply.finding());
        }
        return List.of(reply.finding(), followed(reply.queueId().get()));
    }

    private Optional<String> firstMailbox() {
        return Stream.of(environment.getOrDefault("SENDER_MAILBOXES", "").split(","))
                .map(String::strip)
                .filter(mailbox -> mailbox.indexOf('@') > 0)
                .findFirst();
    }

    private Finding followed(String queueId) throws InterruptedException {
        boolean isGraphKnown = !environment.getOrDefault("SMTP2GRAPH_DATA", "").isBlank();
        try {
            Optional<JsonNode> last =
                    new TrialFollower(WebAdminClient.of(environment), isGraphKnown).follow(queueId, FOLLOWED_FOR);
            return last.map(step -> finding(queueId, step, isGraphKnown))
                    .orElseGet(() -> unknown("the trace has no event of it"));
        } catch (WebAdminClient.WebAdminException unanswered) {
            return unknown(String.valueOf(unanswered.getMessage()));
        }
    }

    private static Finding unknown(String cause) {
        return new Finding(
                "trial",
                FindingLevel.WARNING,
                "not followed: " + cause,
                "Set TRACE_MAX_SIZE and WEBADMIN_ADDR, and look into the mailbox.");
    }

    private static Finding finding(String queueId, JsonNode step, boolean isGraphKnown) {
        String event = step.path("event").asText();
        String words = event + " at " + step.path("at").asText() + details(step);
        return switch (event) {
            case "graph-accepted" -> new Finding("trial", FindingLevel.OK, "Graph accepted the mail: " + words, "");
            case "delivered" ->
                isGraphKnown
                        ? new Finding(
                                "trial",
                                FindingLevel.FAULT,
                                "the gateway has the mail, and Graph has not accepted it within "
                                        + FOLLOWED_FOR.toSeconds() + " s: " + words,
                                "The lines about Graph have the reason; otherwise relaypod trace " + queueId
                                        + " later.")
                        : new Finding(
                                "trial",
                                FindingLevel.OK,
                                "the gateway accepted the mail; Graph's answer is not known: " + words,
                                "");
            default ->
                new Finding(
                        "trial",
                        FindingLevel.FAULT,
                        "the mail is not delivered: " + words,
                        "relaypod trace " + queueId + " shows what becomes of it.");
        };
    }

    private static String details(JsonNode step) {
        StringBuilder details = new StringBuilder();
        step.path("details")
                .properties()
                .forEach(detail -> details.append(", ")
                        .append(detail.getKey())
                        .append(": ")
                        .append(detail.getValue().asText()));
        return details.toString();
    }

    // Each line as soon as it is known, because some examinations take seconds.
    private static void add(List<Finding> all, List<Finding> found, Terminal terminal) {
        all.addAll(found);
        if (!terminal.isJson()) {
            found.forEach(finding -> print(finding, terminal));
        }
    }

    private static void print(Finding finding, Terminal terminal) {
        terminal.line("%-8s %s: %s", level(finding), finding.subject(), finding.text());
        if (!finding.cure().isEmpty()) {
            terminal.line("         cure: %s", finding.cure());
        }
    }

    private static String level(Finding finding) {
        return finding.level().name().toLowerCase(Locale.ROOT);
    }

    private static int conclude(List<Finding> findings, Terminal terminal) {
        long faults = count(findings, FindingLevel.FAULT);
        long warnings = count(findings, FindingLevel.WARNING);
        if (terminal.isJson()) {
            terminal.json(Map.of(
                    "at",
                    Instant.now().toString(),
                    "findings",
                    findings.stream()
                            .map(finding -> Map.of(
                                    "subject", finding.subject(),
                                    "level", level(finding),
                                    "text", finding.text(),
                                    "cure", finding.cure()))
                            .toList()));
        } else {
            terminal.line(
                    "%d fault%s, %d warning%s.", faults, faults == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
        }
        return faults > 0 ? FAULT_FOUND : 0;
    }

    private static long count(List<Finding> findings, FindingLevel level) {
        return findings.stream().filter(finding -> finding.level() == level).count();
    }
}
