package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.relaypod.lab.gateway.Fault;
import io.relaypod.lab.gateway.MailpitStandIn;
import io.relaypod.lab.gateway.Phase;
import io.relaypod.lab.gateway.Relaying;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The runbooks about the relay and the hops behind it. Each test causes the failure, and checks that the alert's metric
 * would fire, that the commands show what the page says, and that the cure delivers all messages.
 */
class RelayRunbooksTest {

    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final String APP = "app@example.com";
    private static final String GUEST = "guest@example.com";
    private static final String UNPROCESSABLE = "error@example.com";
    /** More than the alert's 200, because messages in flight do not count. */
    private static final int BACKLOG = 220;
    /** Number of refusals in a session before delays begin: half of MAX_BAD_RCPTS. */
    private static final int UNDELAYED = 10;

    @TempDir
    private static Path folder;

    private static LabWorld world;
    private static MailpitStandIn mailpit;
    private static OperatorShell operator;
    private static Path allowed;

    @BeforeAll
    static void start() throws Exception {
        allowed = Files.writeString(folder.resolve("allowed"), "");
        world = LabWorld.builder()
                .withMailpit(RelayRunbooksTest::mailpit)
                .with("METRICS_ADDR", "127.0.0.1:0")
                .with("JAMES_CONF", confWithAFailingMailet().toString())
                .with("ALLOW_DOMAINS_FILE", allowed.toString())
                .start();
        operator = OperatorShell.beside(world);
    }

    private static MailpitStandIn mailpit(int port, Relaying relaying) throws IOException {
        mailpit = MailpitStandIn.start(port, relaying);
        return mailpit;
    }

    private static Path confWithAFailingMailet() throws IOException {
        Path conf = Files.createDirectories(folder.resolve("james-conf"));
        for (String file : List.of("smtpserver.xml", "mailetcontainer.xml", "webadmin.properties")) {
            Files.copy(Path.of("../james-conf").resolve(file), conf.resolve(file));
        }
        Path mailets = conf.resolve("mailetcontainer.xml");
        Files.writeString(
                mailets,
                Files.readString(mailets)
                        .replace(
                                "<processor state=\"transport\" enableJmx=\"false\">",
                                "<processor state=\"transport\" enableJmx=\"false\"><mailet match=\"RecipientIs="
                                        + UNPROCESSABLE
                                        + "\" class=\"ToProcessor\"><processor>error</processor></mailet>"));
        return conf;
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @AfterEach
    void everyMessageIsDelivered() throws Exception {
        mailpit.recover();
        world.smtp2graph().up();
        operator.run("queue", "retry");
        await().atMost(PATIENCE).until(() -> world.queuedMails() == 0);
        assertThat(operator.text("failed")).contains("Nothing is kept in var/mail/failed.");
    }

    @Test
    @Runbook({
        "docs/operations.md#check-that-the-relay-works",
        "docs/alerts.md#mailpitdown",
        "docs/alerts.md#relaypodqueuegrowing",
        "docs/alerts.md#relaypodqueueold",
        "docs/alerts.md#relaypodnothingdelivered"
    })
    void messagesWaitForMailpitAndARetryDeliversThemAtOnce() throws Exception {
        double accepted = value("relaypod_mail_accepted_total");
        double delivered = value("relaypod_mail_delivered_total");
        mailpit.fail(Phase.CONNECT, new Fault.Close());
        // The relay may have open connections.
        mailpit.fail(Phase.MAIL, new Fault.Close());
        String first;
        try (SmtpConversation smtp = world.connect()) {
            first = ClientMail.send(smtp, APP, GUEST, "waits 1");
            for (int i = 2; i <= BACKLOG; i++) {
                ClientMail.send(smtp, "mailing@example.com", GUEST, "waits " + i);
            }
        }

        await().atMost(PATIENCE).until(() -> value("relaypod_gateway_up") == 0);
        await().atMost(PATIENCE).until(() -> value("relaypod_queue_oldest_seconds") > 0);
        await().atMost(PATIENCE).until(() -> value("relaypod_queue_size") > 200);
        assertThat(value("relaypod_mail_accepted_total")).isEqualTo(accepted + BACKLOG);
        assertThat(value("relaypod_mail_delivered_total")).isEqualTo(delivered);
        assertThat(operator.text("status")).contains("is ready", "Gateway    degraded", "queue outgoing: ", ", since ");
        assertThat(operator.text("queue", "list", "--limit", "300"))
                .contains("<" + APP + ">", "<mailing@example.com>", "waits for a retry; attempt 1 failed", first);
        assertThat(operator.text("trace", first)).containsSubsequence("received", "tried", "deferred");
        assertThat(Scrape.get(world, "/").body()).contains("last attempt failed");

        mailpit.recover();
        assertThat(operator.run("queue", "retry").exitCode()).isZero();

        await().atMost(PATIENCE)
                .until(() -> value("relaypod_mail_delivered_total") == delivered + BACKLOG
                        && value("relaypod_queue_size") == 0);
        await().atMost(PATIENCE).until(() -> value("relaypod_gateway_up") == 1);
        assertThat(operator.text("status")).contains("Gateway    healthy", "queue outgoing: 0 mails", "last delivery");
        assertThat(operator.text("failed")).contains("Nothing is kept in var/mail/failed.");
        assertThat(operator.text("trace", "--since", "10m")).contains("delivered");
    }

    @Test
    @Runbook({"docs/operations.md#find-a-fault", "docs/alerts.md#smtp2graphdown"})
    void theDoctorReportsThatSmtp2graphIsDownAndARetryDeliversTheMessages() throws Exception {
        double deferred = value("relaypod_mail_deferred_total", "reason=\"next_hop\"");
        double delivered = value("relaypod_mail_delivered_total");
        world.smtp2graph().down();
        String waiting = ClientMail.send(world, APP, GUEST, "waits for smtp2graph");

        await().atMost(PATIENCE)
                .until(() -> value("relaypod_mail_deferred_total", "reason=\"next_hop\"") == deferred + 1);
        assertThat(value("relaypod_mail_delivered_total")).isEqualTo(delivered);
        OperatorShell.Printed found = doctor();
        assertThat(found.exitCode()).isEqualTo(1);
        assertThat(found.text())
                .containsPattern("ok +DNS: .* confirms the DNS_CANARIES")
                .containsPattern("fault +relaying: .*does not reach its next hop: 451 4.3.5 Unable to process mail")
                .contains("cure: Start smtp2graph");
        assertThat(operator.text("queue")).contains(waiting, "451 4.3.5");

        world.smtp2graph().up();
        assertThat(doctor().text()).contains("0 faults");
        assertThat(operator.run("queue", "retry", waiting).exitCode()).isZero();

        await().atMost(PATIENCE).until(() -> value("relaypod_mail_delivered_total") == delivered + 1);
        assertThat(operator.text("trace", waiting)).containsSubsequence("deferred", "delivered");
    }

    private static OperatorShell.Printed doctor() {
        return operator.with("LISTEN_ADDR", "127.0.0.1:" + world.smtpAddress().getPort())
                .with("METRICS_ADDR", "127.0.0.1:" + world.relay().metricsPort().orElseThrow())
                .with("DNS_SERVERS", "127.0.0.1:" + world.dns().address().getPort())
                .with("UPSTREAM_PORT", Integer.toString(mailpit.smtpAddress().getPort()))
                .with("SMTP2GRAPH_DATA", world.smtp2graph().data().toString())
                .run(
                        "doctor",
                        "--smtp2graph",
                        "127.0.0.1:" + world.smtp2graph().address().getPort());
    }

    @Test
    @Runbook({"docs/alerts.md#relaypodmailfailed", "docs/operations.md#send-failed-messages-again"})
    void failedMessagesAreListedWithTheReasonSentAgainOrRemoved() throws Exception {
        mailpit.failNext(1, Phase.CONTENT, new Fault.ReplyLine("554 5.6.0 not this one"));
        String failed = ClientMail.send(world, APP, GUEST, "refused once");
        String broken = ClientMail.send(world, APP, UNPROCESSABLE, "unprocessable");

        await().atMost(PATIENCE)
                .until(() -> value("relaypod_repository_size", "/failed\"") == 1
                        && value("relaypod_repository_size", "/error\"") == 1);
        assertThat(operator.text("failed"))
                .containsPattern("failed +\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ\n")
                .contains(failed, "why       554 5.6.0 not this one", "1 mail in var/mail/failed");
        assertThat(operator.text("failed", "--repository", "var/mail/error"))
                .contains(broken, "1 mail in var/mail/error");
        assertThat(operator.text("failed", "show", failed)).contains("Subject: refused once");

        assertThat(operator.text("failed", "retry", failed)).contains("1 sent again");
        assertThat(operator.text("failed", "remove", broken, "--repository", "var/mail/error", "--yes"))
                .contains("1 removed");

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(operator.text("trace", failed))
                        .containsSubsequence("kept", "sent-again", "delivered"));
        await().atMost(PATIENCE)
                .until(() -> value("relaypod_repository_size", "/failed\"") == 0
                        && value("relaypod_repository_size", "/error\"") == 0);
    }

    @Test
    @Runbook({"docs/alerts.md#relaypodrefusalshigh", "docs/operations.md#why-was-a-recipient-refused"})
    void theClientOfAFloodIsShownAndAWronglyRefusedDomainCanBeAllowed() throws Exception {
        double refused = value("relaypod_rcpt_total", "answer=\"refused\"");
        double all = value("relaypod_rcpt_total");
        int flood = 300;
        for (int i = 0; i < flood; i += UNDELAYED) {
            try (SmtpConversation smtp = world.connect()) {
                smtp.send("MAIL FROM:<" + APP + ">");
                for (int recipient = i; recipient < i + UNDELAYED; recipient++) {
                    assertThat(smtp.send("RCPT TO:<bob" + recipient + "@gmial.com>")
                                    .code())
                            .isEqualTo(550);
                }
            }
        }
        double newlyRefused = value("relaypod_rcpt_total", "answer=\"refused\"") - refused;
        assertThat(newlyRefused).as("more than one a second in five minutes").isGreaterThanOrEqualTo(flood);
        assertThat(newlyRefused).isGreaterThan((value("relaypod_rcpt_total") - all) / 2);

        assertThat(Scrape.get(world, "/").body()).contains("gmial.com");
        OperatorShell.Printed checked = operator.run("check", "gmial.com");
        assertThat(checked.exitCode()).isEqualTo(1);
        assertThat(checked.text()).contains("refused", "550 5.1.2");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(operator.text("trace", "bob0@gmial.com"))
                        .contains("rcpt-refused", "client: 127.0.0.1", "answer: 550 5.1.2"));
        assertThat(operator.text("top")).contains("gmial.com");
        assertThat(operator.text("cache", "show", "gmial.com"))
                .contains("gmial.com is refused: no_mail_host, 550 5.1.2", "did you mean gmail.com?");
        assertThat(operator.run("cache", "show", "--fresh", "gmial.com").exitCode())
                .isEqualTo(1);

        Files.writeString(allowed, "gmial.com\n", StandardOpenOption.APPEND);

        await().atMost(PATIENCE).until(() -> operator.run("check", "gmial.com").exitCode() == 0);
        String id = ClientMail.send(world, APP, "bob0@gmial.com", "allowed now");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(operator.text("trace", id)).contains("delivered"));
    }

    @Test
    @Runbook("docs/operations.md#where-is-a-message")
    void aMessageThatWaitsIsFoundByEachOfItsNames() throws Exception {
        mailpit.answer(Phase.CONTENT, "451 4.3.5 not now");
        String id = ClientMail.send(world, "sender@example.com", "looked.for@organiser.example", "looked for");
        List<List<String>> questions = List.of(
                List.of("looked.for@organiser.example"),
                List.of("organiser.example", "--since", "2h"),
                List.of(id),
                List.of(id.substring(0, 17)),
                List.of("<looked.for@example.com>"),
                List.of(
                        "--sender",
                        "sender@example.com",
                        "--recipient",
                        "looked.for@organiser.example",
                        "--limit",
                        "50"));
        for (List<String> question : questions) {
            List<String> words = new ArrayList<>(List.of("trace"));
            words.addAll(question);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(operator.text(words.toArray(new String[0])))
                            .as("%s", words)
                            .contains(id)
                            .containsSubsequence("received", "deferred", "451 4.3.5 not now"));
        }
    }

    private static double value(String metric, String... labels) throws Exception {
        return Scrape.of(world).value(metric, labels);
    }
}
