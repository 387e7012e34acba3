package io.relaypod.e2e;

import static io.relaypod.e2e.TlsClient.base64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import io.relaypod.lab.world.LabWorld;
import io.relaypod.logins.PasswordHash;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * SMTP AUTH (RFC 4954) over TLS: from 127.0.0.1, where clients need no login, and from other addresses, where they need
 * one.
 */
class SmtpAuthTest {

    private static final String PASSWORD = "p\u00e4ssword with blanks";
    private static final String HASH =
            PasswordHash.of(PASSWORD.getBytes(StandardCharsets.UTF_8)).text();
    private static final String NETWORK_WITH_AUTH = "127.0.0.2";
    private static final String ANOTHER = "127.0.0.4";
    private static final String STRANGER = "127.0.0.3";
    private static final String REFUSED = "535 5.7.8 Authentication credentials invalid";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** The alert fires if the certificate expires within this time. */
    private static final Duration ALERT = Duration.ofDays(14);

    @TempDir
    private static Path directory;

    private static TestCertificate certificate;
    private static Path users;
    private static LabWorld world;

    private final LoggedProblems log = new LoggedProblems();

    @BeforeAll
    static void start() throws Exception {
        certificate = TestCertificate.of(TestCertificate.Form.EC_SEC1, Duration.ofDays(10));
        certificate.mount(directory);
        users = Files.writeString(
                directory.resolve("users"),
                users(
                        "app " + HASH,
                        "bound " + HASH + " from=noreply@example.com,@events.example",
                        "slow " + HASH + " rate=2/h",
                        "second " + HASH + " rate=1/s"));
        world = LabWorld.builder()
                .with("RELAY_NETWORKS", "127.0.0.1/32, " + ANOTHER + "/32")
                .with("METRICS_ADDR", "127.0.0.1:0")
                .with("RELAY_NETWORKS_WITH_AUTH", NETWORK_WITH_AUTH + "/32")
                .with("SMTP_AUTH", "optional")
                .with("SMTP_USERS_FILE", users.toString())
                .with("SMTP_TLS_CERT_FILE", directory.resolve("tls.crt").toString())
                .with("SMTP_TLS_KEY_FILE", directory.resolve("tls.key").toString())
                .with("SMTPS_ADDR", "127.0.0.1:0")
                .start();
    }

    private static String users(String... lines) {
        return String.join("\n", lines) + "\n";
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @AfterEach
    void nothingWentWrong() {
        log.close();
    }

    private static TlsClient connect(String from) throws Exception {
        return TlsClient.connect(world.smtpAddress(), from, certificate.trust());
    }

    private static TlsClient encrypted() throws Exception {
        return connect("127.0.0.1").startTls();
    }

    @Test
    void authIsOfferedOnlyOverTls() throws Exception {
        try (TlsClient client = connect("127.0.0.1")) {
            assertThat(client.command("EHLO again.example"))
                    .contains("STARTTLS")
                    .doesNotContain("AUTH");
            assertThat(client.logIn("app", PASSWORD)).startsWith("538 5.7.11 ");
            assertThat(client.startTls().command("EHLO again.example").lines())
                    .contains("250 AUTH PLAIN LOGIN")
                    .noneMatch(line -> line.contains("STARTTLS"));
        }
        try (TlsClient client =
                TlsClient.connectTls(world.relay().smtpsAddress().orElseThrow(), certificate.trust())) {
            assertThat(client.command("EHLO client.example").lines())
                    .contains("250 AUTH PLAIN LOGIN")
                    .noneMatch(line -> line.contains("STARTTLS"));
            assertThat(client.logIn("app", PASSWORD)).startsWith("235 2.7.0 ");
            assertThat(client.send("a@example.com", "b@example.com", "Subject: implicit TLS"))
                    .startsWith("250 2.6.0 ");
        }
    }

    @Test
    void plainAndLoginAreAcceptedWithAndWithoutAnInitialResponse() throws Exception {
        String plain = base64("\0app\0" + PASSWORD);
        for (List<String> lines : List.of(
                List.of("AUTH PLAIN " + plain),
                List.of("auth plain", plain),
                List.of("AUTH LOGIN", base64("app"), base64(PASSWORD)),
                List.of("AUTH  LOGIN  " + base64("app") + " ", base64(PASSWORD)),
                List.of("AUTH PLAIN " + base64("app\0app\0" + PASSWORD)),
                List.of("AUTH PLAIN " + plain.replace("=", "")))) {
            try (TlsClient client = encrypted()) {
                for (String line : lines.subList(0, lines.size() - 1)) {
                    assertThat(client.command(line)).startsWith("334 ");
                }
                assertThat(client.command(lines.get(lines.size() - 1)))
                        .as("%s", lines)
                        .startsWith("235 2.7.0 ");
                assertThat(client.command("AUTH PLAIN " + plain))
                        .as("a second time")
                        .startsWith("503 5.5.1 ");
                assertThat(client.send("a@example.com", "b@example.com", "From: a@example.com"))
                        .startsWith("250 2.6.0 ");
            }
        }
    }

    @Test
    void theChallengeOfPlainIsEmpty() throws Exception {
        try (TlsClient client = encrypted()) {
            assertThat(client.command("AUTH PLAIN")).isEqualTo("334 ");
            assertThat(client.command("*")).startsWith("501 5.7.0 ");
            assertThat(client.command("AUTH LOGIN")).isEqualTo("334 " + base64("Username:"));
            assertThat(client.command(base64("app"))).isEqualTo("334 " + base64("Password:"));
            assertThat(client.command("*")).startsWith("501 5.7.0 ");
            assertThat(client.command("NOOP"))
                    .as("a command after the exchange")
                    .startsWith("250 ");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "AUTH,501 5.5.4",
        "AUTH CRAM-MD5,504 5.5.4",
        "AUTH XOAUTH2 abc,504 5.5.4",
        "AUTH PLAIN !!!,501 5.5.2",
        "AUTH PLAIN a b,501 5.5.2",
        "AUTH PLAIN =,501 5.5.2",
        "AUTH PLAIN YXBw,501 5.5.2",
        "AUTH PLAIN AGEAYgBj,501 5.5.2",
        "AUTH LOGIN !,501 5.5.2"
    })
    void aMalformedLoginGetsItsReason(String command, String code) throws Exception {
        try (TlsClient client = encrypted()) {
            assertThat(client.command(command)).startsWith(code + " ");
            assertThat(client.command("NOOP")).startsWith("250 ");
        }
    }

    @Test
    void aLineThatIsTooLongOrNoBase64EndsTheExchange() throws Exception {
        try (TlsClient client = encrypted()) {
            client.command("AUTH PLAIN");
            assertThat(client.command("A".repeat(3_000))).startsWith("500 5.5.6 ");
            assertThat(client.command("NOOP")).startsWith("250 ");
            client.command("AUTH LOGIN");
            assertThat(client.command("STARTTLS"))
                    .as("a command that is valid base64")
                    .startsWith("334 ");
            assertThat(client.command("b\u00e4se64")).startsWith("501 5.5.2 ");
            assertThat(client.command("QUIT")).startsWith("221 ");
        }
    }

    @Test
    void authIsRefusedWithinATransaction() throws Exception {
        try (TlsClient client = encrypted()) {
            client.command("MAIL FROM:<a@example.com>");
            assertThat(client.logIn("app", PASSWORD)).startsWith("503 5.5.1 ");
            assertThat(client.command("RSET")).startsWith("250 ");
            assertThat(client.logIn("app", PASSWORD)).startsWith("235 ");
            assertThat(client.command("MAIL FROM:<a@example.com> AUTH=<>")).startsWith("250 ");
        }
    }

    @Test
    void wrongPasswordsAndUnknownNamesGetTheSameDelayedReplyAndALimit() throws Exception {
        long refused = world.count("relaypod_smtp_auth_total", "result", "refused");
        try (TlsClient client = encrypted()) {
            assertThat(client.logIn("app", "wrong")).isEqualTo(REFUSED);
            assertThat(client.command("AUTH PLAIN " + base64("boss\0app\0" + PASSWORD)))
                    .as("another authorization identity")
                    .isEqualTo(REFUSED);
            assertThat(client.logIn("nobody", PASSWORD)).isEqualTo(REFUSED);
            assertThat(client.logIn("app", PASSWORD)).startsWith("421 4.7.0 ");
            assertThatThrownBy(client::reply).isInstanceOf(IOException.class);
        }
        assertThat(world.count("relaypod_smtp_auth_total", "result", "refused")).isEqualTo(refused + 3);
        try (TlsClient client = encrypted()) {
            assertThat(client.logIn("app", PASSWORD))
                    .as("a right login from the same address")
                    .startsWith("235 ");
        }
    }

    @Test
    void aLoginFromOtherNetworksIsAcceptedOnlyIfConfigured() throws Exception {
        try (TlsClient client = connect(NETWORK_WITH_AUTH)) {
            assertThat(client.send("a@example.com", "b@example.com", "Subject: x"))
                    .startsWith("530 5.7.0 ")
                    .contains("STARTTLS");
            client.startTls();
            assertThat(client.send("a@example.com", "b@example.com", "Subject: x"))
                    .startsWith("530 5.7.0 ");
            assertThat(client.command("RCPT TO:<b@example.com>")).startsWith("503 ");
            assertThat(client.logIn("app", "wrong")).isEqualTo(REFUSED);
            assertThat(client.send("a@example.com", "b@example.com", "Subject: x"))
                    .startsWith("530 5.7.0 ");
            assertThat(client.logIn("app", PASSWORD)).startsWith("235 ");
            assertThat(client.send("a@example.com", "b@example.com", "From: a@example.com"))
                    .startsWith("250 2.6.0 ");
        }
        try (TlsClient client = connect(STRANGER).startTls()) {
            assertThat(client.command("EHLO stranger.example")).doesNotContain("AUTH");
            assertThat(client.logIn("app", PASSWORD)).startsWith("502 5.5.1 ");
            assertThat(client.send("a@example.com", "b@example.com", "Subject: x"))
                    .startsWith("550 5.7.1 ");
        }
    }

    @Test
    void aLoginMaySendOnlyAsItsAddressesInEnvelopeAndHeader() throws Exception {
        try (TlsClient client = encrypted()) {
            client.logIn("bound", PASSWORD);
            assertThat(client.send("boss@example.com", "b@example.com", "From: noreply@example.com"))
                    .startsWith("550 5.7.1 ")
                    .contains("boss@example.com");
            for (String header : List.of(
                    "From: boss@example.com",
                    "From: noreply@example.com\r\nSender: boss@example.com",
                    "From: noreply@example.com, boss@example.com",
                    "From: \"noreply@example.com\" <boss@example.com>",
                    "from:\r\n boss@example.com (noreply@example.com)",
                    "From: noreply@sub.events.example")) {
                assertThat(client.send("noreply@example.com", "b@example.com", header))
                        .as(header)
                        .startsWith("550 5.7.1 ");
            }
            assertThat(client.send("", "b@example.com", "From: boss@example.com"))
                    .as("an empty envelope")
                    .startsWith("550 5.7.1 ");
            assertThat(client.send(
                            "NoReply@Example.com",
                            "b@example.com",
                            "From: \"boss@example.com\" <any@events.example>\r\nSubject: mine"))
                    .startsWith("250 2.6.0 ");
            assertThat(client.send("noreply@example.com", "b@example.com", "Subject: without From"))
                    .startsWith("250 2.6.0 ");
        }
    }

    @Test
    void aLoginBeyondItsRateWaitsOrGetsATemporaryFailure() throws Exception {
        try (TlsClient client = encrypted()) {
            client.logIn("slow", PASSWORD);
            client.command("MAIL FROM:<a@example.com>");
            client.command("RSET");
            client.command("MAIL FROM:<a@example.com>");
            client.command("RSET");
            assertThat(client.command("MAIL FROM:<a@example.com>"))
                    .startsWith("450 4.7.1 ")
                    .contains("2 mails in 3600 s");
            assertThat(client.command("RCPT TO:<b@example.com>"))
                    .as("there is no transaction")
                    .startsWith("503 ");
        }
        try (TlsClient client = encrypted()) {
            client.logIn("second", PASSWORD);
            client.write("MAIL FROM:<a@example.com>\r\nRSET\r\nMAIL FROM:<a@example.com>\r\nRSET\r\n");
            assertThat(List.of(client.reply(), client.reply(), client.reply(), client.reply()))
                    .as("the second has waited")
                    .allMatch(reply -> reply.startsWith("250 "));
        }
    }

    @Test
    @Runbook("docs/alerts.md#relaypodmountedfilerefused")
    void aUsersFileIsReloadedAndAnInvalidOneKeepsThePreviousLogins() throws Exception {
        String before = Files.readString(users);
        try (TlsClient revoked = encrypted()) {
            assertThat(revoked.logIn("app", PASSWORD)).startsWith("235 ");
            Files.writeString(users, "app not-a-hash\n");
            await().atMost(PATIENCE).until(() -> world.count("relaypod_smtp_users_outdated") == 1);
            assertThat(log.messages())
                    .anyMatch(line -> line.contains("event=smtp-users-kept") && line.contains("line 1"));
            try (TlsClient client = encrypted()) {
                assertThat(client.logIn("app", PASSWORD)).startsWith("235 ");
            }
            Files.writeString(users, before.replace("app ", "other "));
            await().atMost(PATIENCE).until(() -> world.count("relaypod_smtp_users_outdated") == 0);
            assertThat(revoked.command("MAIL FROM:<a@example.com>")).startsWith("421 4.7.0 ");
            try (TlsClient client = connect(ANOTHER).startTls()) {
                assertThat(client.logIn("app", PASSWORD)).isEqualTo(REFUSED);
                assertThat(client.logIn("other", PASSWORD)).startsWith("235 ");
            }
        } finally {
            Files.writeString(users, before);
            await().atMost(PATIENCE)
                    .until(() -> encrypted().logIn("app", PASSWORD).startsWith("235 "));
        }
    }

    @Test
    @Runbook({"docs/alerts.md#relaypodcertificateexpires", "docs/alerts.md#relaypodmountedfilerefused"})
    void aRenewedCertificateIsReloadedAndAnInvalidOneKeepsThePrevious() throws Exception {
        assertThat(world.count("relaypod_smtp_certificate_expiry_timestamp_seconds"))
                .isEqualTo(certificate.certificate().getNotAfter().toInstant().getEpochSecond())
                .isLessThan(Instant.now().plus(ALERT).getEpochSecond());
        TestCertificate renewed = TestCertificate.of(TestCertificate.Form.RSA_PKCS1, Duration.ofDays(90));
        TestCertificate.of(
                        TestCertificate.Form.EC_PKCS8,
                        Instant.now().minusSeconds(7_200),
                        Instant.now().minusSeconds(60))
                .mount(directory);
        await().atMost(PATIENCE).until(() -> world.count("relaypod_smtp_certificate_outdated") == 1);
        assertThat(log.messages()).anyMatch(line -> line.contains("event=smtp-certificate-kept"));
        new TestCertificate(renewed.certificate(), renewed.pem(), certificate.key()).mount(directory);
        assertThat(served())
                .as("an expired certificate, and a certificate of another key")
                .isEqualTo(certificate.certificate());

        try (TlsClient begun = encrypted()) {
            renewed.mount(directory);
            await().atMost(PATIENCE).until(() -> served().equals(renewed.certificate()));
            assertThat(begun.command("NOOP")).as("a connection opened before").startsWith("250 ");
        }
        assertThat(world.count("relaypod_smtp_certificate_outdated")).isZero();
        assertThat(world.count("relaypod_smtp_certificate_expiry_timestamp_seconds"))
                .isEqualTo(renewed.certificate().getNotAfter().toInstant().getEpochSecond())
                .isGreaterThan(Instant.now().plus(ALERT).getEpochSecond());
        certificate = renewed;
    }

    private static X509Certificate served() throws Exception {
        try (TlsClient client = TlsClient.connect(world.smtpAddress(), TestCertificate.trustAll())) {
            return client.startTls().certificate();
        }
    }
}
