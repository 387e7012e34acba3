package io.relaypod.smtpclient;

import static io.relaypod.smtpclient.SmtpConnectionTest.envelope;
import static io.relaypod.smtpclient.SmtpConnectionTest.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import io.relaypod.memory.MemoryBudget;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SmtpTlsTest {

    private static final String PASSWORD = "changeit";

    private static SSLContext tls;

    private final MemoryBudget memory = new MemoryBudget(4 << 20);

    /** A certificate for localhost, which the client trusts. */
    @BeforeAll
    static void makeCertificate(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        PASSWORD)
                .inheritIO()
                .start();
        assertThat(keytool.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", keys.getCertificate("server"));
        KeyManagerFactory ours = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        ours.init(keys, PASSWORD.toCharArray());
        TrustManagerFactory theirs = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        theirs.init(trusted);
        tls = SSLContext.getInstance("TLS");
        tls.init(ours.getKeyManagers(), theirs.getTrustManagers(), null);
    }

    private SmtpClient client(Duration timeout, boolean verifiesIdentity) {
        return new SmtpClient(
                new SmtpClientSettings(
                        "relay.example",
                        timeout,
                        timeout,
                        timeout,
                        true,
                        verifiesIdentity,
                        tls::getSocketFactory,
                        Optional.empty(),
                        Optional.empty()),
                memory);
    }

    private static ScriptedSmtpServer server(String startTlsReply) throws Exception {
        return new ScriptedSmtpServer(command -> command.equals("STARTTLS") ? startTlsReply : "", "STARTTLS")
                .withTls(tls.getSocketFactory());
    }

    private static SmtpServerAddress named(String host, ScriptedSmtpServer server, boolean usesImplicitTls) {
        return new SmtpServerAddress(
                host, InetAddress.getLoopbackAddress(), server.address().port(), usesImplicitTls);
    }

    @Test
    void a_message_is_sent_over_tls_where_the_server_offers_it() throws Exception {
        try (ScriptedSmtpServer server = server("");
                SmtpClient client = client(Duration.ofSeconds(30), true);
                SmtpConnection connection = client.connect(server.address())) {
            assertThat(connection
                            .send(envelope("a@example.com"), text("x\r\n".repeat(100_000)))
                            .outcomes())
                    .allMatch(outcome -> outcome.is(DeliveryStatus.DELIVERED));
            assertThat(server.commands())
                    .startsWith(
                            "EHLO relay.example", "STARTTLS", "EHLO relay.example", "MAIL FROM:<sender@example.com>");
            assertThat(server.messages().get(0)).hasSize(300_003);
        }
    }

    @Test
    void tls_may_begin_with_the_connection() throws Exception {
        try (ScriptedSmtpServer server = server("").withImplicitTls();
                SmtpClient client = client(Duration.ofSeconds(30), true);
                SmtpConnection connection = client.connect(named("localhost", server, true))) {
            assertThat(connection.send(envelope("a@example.com"), text("x")).isContentSent())
                    .isTrue();
            assertThat(server.commands()).doesNotContain("STARTTLS");
        }
    }

    @Test
    void a_certificate_for_another_name_makes_no_connection_unless_that_is_allowed() throws Exception {
        try (ScriptedSmtpServer server = server("");
                SmtpClient strict = client(Duration.ofSeconds(30), true);
                SmtpClient lenient = client(Duration.ofSeconds(30), false)) {
            SmtpServerAddress other = named("gateway.example", server, false);
            assertThatThrownBy(() -> strict.connect(other)).hasMessageContaining("gateway.example");
            try (SmtpConnection connection = lenient.connect(other)) {
                assertThat(connection.send(envelope("a@example.com"), text("x")).isContentSent())
                        .isTrue();
            }
        }
    }

    @Test
    void without_an_offer_the_connection_stays_plain() throws Exception {
        try (ScriptedSmtpServer server = ScriptedSmtpServer.accepting();
                SmtpClient client = client(Duration.ofSeconds(30), true);
                SmtpConnection connection = client.connect(server.address())) {
            assertThat(connection.send(envelope("a@example.com"), text("x")).isContentSent())
                    .isTrue();
        }
    }

    @Test
    void a_reply_that_was_injected_before_tls_is_no_reply() throws Exception {
        try (ScriptedSmtpServer server = server("220 go on\r\n250-injected\r\n250 PIPELINING");
                SmtpClient client = client(Duration.ofSeconds(5), true)) {
            try (SmtpConnection connection = client.connect(server.address())) {
                connection.send(envelope("a@example.com", "b@example.com"), text("x"));
                assertThat(server.bytesBehindCommands()).as("no pipelining").containsOnly(0);
            } catch (java.io.IOException noTls) {
                // what was injected was taken for TLS
                assertThat(noTls).hasMessageContaining("no connection to");
            }
        }
    }

    @Test
    void a_handshake_has_the_deadline_of_a_reply() throws Exception {
        try (ScriptedSmtpServer server =
                        new ScriptedSmtpServer(command -> command.equals("STARTTLS") ? "220 go on" : "", "STARTTLS");
                SmtpClient client = client(Duration.ofSeconds(1), true)) {
            assertThatThrownBy(() -> client.connect(server.address())).hasMessageContaining("took longer than 1 s");
        }
    }
}
