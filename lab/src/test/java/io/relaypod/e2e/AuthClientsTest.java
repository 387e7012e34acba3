package io.relaypod.e2e;

import static io.relaypod.e2e.TlsClient.base64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.relaypod.lab.Peers;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import io.relaypod.logins.PasswordHash;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Client libraries that are configured to log in: at a relay that accepts every login in plain text, and at a relay
 * that requires a login over TLS.
 */
class AuthClientsTest {

    private static final String NAME = "app@example.com";
    private static final String PASSWORD = "a password, %&'\"";
    private static final Path CLIENTS = Path.of("src/test/resources/clients/login");
    private static final Path NODE_MODULES = Path.of("target/npm/node_modules");
    private static final Path PHPMAILER = Path.of("/usr/share/php/libphp-phpmailer/src");

    @TempDir
    private static Path directory;

    private static LabWorld any;
    private static LabWorld required;

    @BeforeAll
    static void start() throws Exception {
        TestCertificate.of(TestCertificate.Form.RSA_PKCS8, Duration.ofDays(30)).mount(directory);
        Path users = Files.writeString(
                directory.resolve("users"),
                NAME + " "
                        + PasswordHash.of(PASSWORD.getBytes(StandardCharsets.UTF_8))
                                .text() + "\n");
        any = LabWorld.builder()
                .with("SMTP_AUTH", "any")
                .with("SMTP_AUTH_WITHOUT_TLS", "true")
                .with("RELAY_NETWORKS", "127.0.0.1/32, ::1/128")
                .start();
        required = LabWorld.builder()
                .with("SMTP_AUTH", "required")
                .with("SMTP_USERS_FILE", users.toString())
                .with("SMTP_TLS_CERT_FILE", directory.resolve("tls.crt").toString())
                .with("SMTP_TLS_KEY_FILE", directory.resolve("tls.key").toString())
                .start();
    }

    @AfterAll
    static void stop() {
        any.close();
        required.close();
    }

    /** A client library that logs in and sends a message. */
    enum LoginClient {
        SMTPLIB("python3", "smtplib_client.py"),
        NODEMAILER("node", "nodemailer_client.cjs"),
        PHPMAILER("php", "phpmailer_client.php"),
        RUBY("ruby", "net_smtp_client.rb"),
        GO("go", "net_smtp_client.go"),
        SWAKS("swaks", ""),
        MSMTP("msmtp", "");

        private final String program;
        private final String script;

        LoginClient(String program, String script) {
            this.program = program;
            this.script = script;
        }

        private void require() {
            String peer = this == NODEMAILER ? "nodemailer" : this == PHPMAILER ? "phpmailer" : program;
            boolean isThere = this == NODEMAILER
                    ? Files.isDirectory(NODE_MODULES.resolve("nodemailer"))
                    : this != PHPMAILER || Files.isDirectory(AuthClientsTest.PHPMAILER);
            Peers.require(
                    peer, isThere && onPath(program), program + " is not on the PATH, or its library is not installed");
        }

        private List<String> command(int port, String recipient, Optional<Path> trusted) throws Exception {
            List<String> command = new ArrayList<>(List.of(program));
            switch (this) {
                case SWAKS -> {
                    command.addAll(List.of(
                            "--server",
                            "localhost:" + port,
                            "--auth-user",
                            NAME,
                            "--auth-password",
                            PASSWORD,
                            "--from",
                            "noreply@example.com",
                            "--to",
                            recipient));
                    trusted.ifPresent(file -> command.addAll(List.of("--tls", "--auth", "PLAIN")));
                }
                case MSMTP -> {
                    // The client reads its password from a file, which must not be readable for others.
                    Path configuration = directory.resolve("msmtprc-" + port);
                    Files.writeString(
                            configuration,
                            String.join(
                                    "\n",
                                    "account default",
                                    "host localhost",
                                    "port " + port,
                                    "auth plain",
                                    "user " + NAME,
                                    "password " + PASSWORD,
                                    "from noreply@example.com",
                                    trusted.map(file -> "tls on\ntls_starttls on\ntls_trust_file " + file)
                                            .orElse("tls off"),
                                    ""));
                    configuration.toFile().setReadable(false, false);
                    configuration.toFile().setReadable(true, true);
                    command.addAll(List.of("--file", configuration.toString(), recipient));
                }
                default -> {
                    if (this == GO) {
                        command.add("run");
                    }
                    command.addAll(List.of(
                            CLIENTS.resolve(script).toString(), Integer.toString(port), NAME, PASSWORD, recipient));
                    trusted.ifPresent(file -> command.add(file.toString()));
                }
            }
            return command;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aClientWithALoginSendsIfEveryLoginIsAccepted(LoginClient client) throws Exception {
        send(client, any, Optional.empty());
    }

    @ParameterizedTest
    @EnumSource
    void aClientWithThePasswordSendsIfALoginOverTlsIsRequired(LoginClient client) throws Exception {
        send(client, required, Optional.of(directory.resolve("tls.crt")));
    }

    private static void send(LoginClient client, LabWorld world, Optional<Path> trusted) throws Exception {
        client.require();
        String recipient = client.name().toLowerCase(java.util.Locale.ROOT) + "@example.com";
        run(
                client.command(world.smtpAddress().getPort(), recipient, trusted),
                "From: noreply@example.com\nSubject: msmtp\n\ntext\n");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> world.mailpit().messages().stream()
                        .anyMatch(mail -> mail.text().contains(recipient)));
    }

    @Test
    void everyLoginIsAcceptedOnlyFromTheRelayNetworks() throws Exception {
        try (SmtpConversation smtp = any.connect()) {
            assertThat(smtp.send("EHLO printer.example").lines()).anyMatch(line -> line.endsWith(" AUTH PLAIN LOGIN"));
            assertThat(smtp.send("AUTH LOGIN " + base64("\u00e4\t ")).lines())
                    .containsExactly("334 " + base64("Password:"));
            assertThat(smtp.send("=").code()).isEqualTo(235);
            assertThat(smtp.send("MAIL FROM:<a@example.com>").code()).isEqualTo(250);
        }
        try (SmtpConversation smtp = any.connect()) {
            assertThat(smtp.send("MAIL FROM:<a@example.com>").code())
                    .as("without a login")
                    .isEqualTo(250);
        }
        try (TlsClient outsideClient = TlsClient.connect(any.smtpAddress(), "127.0.0.3", TestCertificate.trustAll())) {
            assertThat(outsideClient.logIn("printer", "whatever")).startsWith("502 5.5.1 ");
            assertThat(outsideClient.send("a@example.com", "b@example.com", "Subject: x"))
                    .startsWith("550 5.7.1 ");
        }
    }

    @Test
    void ifALoginIsRequiredNoMailIsAcceptedBefore() throws Exception {
        try (SmtpConversation smtp = required.connect()) {
            assertThat(smtp.send("MAIL FROM:<a@example.com>").lines())
                    .containsExactly("530 5.7.0 Authentication required: say STARTTLS, then log in");
            assertThat(smtp.send("RCPT TO:<b@example.com>").code()).isEqualTo(503);
            assertThat(smtp.send("DATA").code()).isEqualTo(503);
        }
    }

    private static void run(List<String> command, String input) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("NODE_PATH", NODE_MODULES.toAbsolutePath().toString());
        Process client = builder.start();
        try (var in = client.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (java.io.IOException notRead) {
            // the program reads no input
        }
        String output = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(client.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(client.exitValue()).as(output).isZero();
    }

    private static boolean onPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
