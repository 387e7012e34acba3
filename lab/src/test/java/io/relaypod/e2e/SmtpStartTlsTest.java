package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

import io.relaypod.lab.dns.DnsBehaviour;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * With TLS in smtpserver.xml, commands in plain text have no effect in the encrypted session (RFC 3207 section 4.2).
 */
class SmtpStartTlsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String PASSWORD = "changeit";
    private static final String CUT_OFF = "421 4.7.0 Nothing may follow STARTTLS before TLS has started";

    @TempDir
    private static Path directory;

    private static LabWorld world;
    private static SSLContext trust;

    private final LoggedProblems log = new LoggedProblems();

    @BeforeAll
    static void start() throws Exception {
        Path keystore = directory.resolve("keystore.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "relaypod",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        keystore.toString(),
                        "-storepass",
                        PASSWORD)
                .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS) && keytool.exitValue() == 0)
                .isTrue();
        KeyStore keys = KeyStore.getInstance(keystore.toFile(), PASSWORD.toCharArray());
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        KeyStore certificates = KeyStore.getInstance(KeyStore.getDefaultType());
        certificates.load(null, new char[0]);
        certificates.setCertificateEntry("relaypod", keys.getCertificate("relaypod"));
        trusted.init(certificates);
        trust = SSLContext.getInstance("TLS");
        trust.init(null, trusted.getTrustManagers(), null);
        world = LabWorld.builder()
                .with("JAMES_CONF", confWithTls(keystore).toString())
                .start();
        world.dns().behave("slow.example", DnsBehaviour.silence());
    }

    private static Path confWithTls(Path keystore) throws IOException {
        Path conf = Files.createDirectory(directory.resolve("james-conf"));
        try (var files = Files.list(Path.of("../james-conf"))) {
            for (Path file : files.toList()) {
                Files.copy(file, conf.resolve(file.getFileName()));
            }
        }
        Files.copy(keystore, conf.resolve("keystore.p12"));
        Path smtpserver = conf.resolve("smtpserver.xml");
        Files.writeString(
                smtpserver,
                Files.readString(smtpserver)
                        .replace(
                                "<maxmessagesize>",
                                "<tls socketTLS=\"false\" startTLS=\"true\"><keystore>file://conf/keystore.p12"
                                        + "</keystore><keystoreType>PKCS12</keystoreType><secret>" + PASSWORD
                                        + "</secret></tls><maxmessagesize>"));
        return conf;
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @BeforeEach
    void empty() {
        world.mailpit().clear();
    }

    @AfterEach
    void aMessageIsStillAcceptedOverTlsAndNoErrorWasLogged() throws Exception {
        try (StartTlsSession client = new StartTlsSession()) {
            client.startTls();
            assertThat(client.session(
                            "EHLO client.example",
                            "MAIL FROM:<a@example.com>",
                            "RCPT TO:<b@example.com>",
                            "DATA",
                            "Subject: encrypted\r\n\r\nencrypted\r\n.",
                            "QUIT"))
                    .containsSubsequence("250 2.1.0", "250 2.1.5", "354 ", "250 2.6.0", "221 ");
        }
        await().atMost(PATIENCE)
                .until(() -> world.mailpit().messages().stream()
                        .anyMatch(mail -> mail.text().endsWith("encrypted\r\n")));
        log.assertNone();
        log.close();
    }

    @Test
    void startTlsIsOffered() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send("EHLO again.example").lines())
                    .anyMatch(line -> line.endsWith("STARTTLS"))
                    .noneMatch(line -> line.contains("AUTH"));
            assertThat(smtp.send("AUTH PLAIN").lines())
                    .containsExactly(
                            "502 5.5.1 AUTH is off here: clients of this relay's networks send without a login");
            assertThat(smtp.send("STARTTLS now").code()).isEqualTo(501);
            assertThat(smtp.send("NOOP").code()).isEqualTo(250);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "STARTTLS\r\nMAIL FROM:<injected@example.com>\r\n",
                "starttls\r\nRSET\r\n",
                "STARTTLS\r\n\r\n",
                "STARTTLS\r\nx",
                "STARTTLS \r\nNOOP",
                "NOOP\r\nSTARTTLS\r\nNOOP\r\n"
            })
    void plainTextAfterStartTlsClosesTheConnection(String injection) throws Exception {
        assertCutOff(injection);
    }

    @Test
    void plainTextAfterStartTlsClosesTheConnectionAlsoAfterData() throws Exception {
        // James does not check for STARTTLS any more after it has read DATA, accepted or not.
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send("DATA").code()).isEqualTo(503);
            smtp.sendRaw(bytes("STARTTLS\r\nMAIL FROM:<injected@example.com>\r\n"));
            assertThat(smtp.readReply().lines()).containsExactly(CUT_OFF);
        }
        assertCutOff(
                "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nSTARTTLS\r\nMAIL FROM:<injected@example.com>\r\n");
    }

    @Test
    void plainTextAfterStartTlsIsNotExecutedBehindACommandThatWaitsForDns() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<a@example.com>");
            smtp.sendRaw(bytes("RCPT TO:<b@slow.example>\r\nSTARTTLS\r\nMAIL FROM:<injected@example.com>\r\n"));
            assertThat(smtp.readReply().code())
                    .as("the reply to RCPT comes first")
                    .isEqualTo(451);
            assertThat(smtp.readReply().lines()).containsExactly(CUT_OFF);
            assertThatThrownBy(smtp::readReply).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aMessageWithTheTextStartTlsIsAccepted() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<a@example.com>");
            smtp.send("RCPT TO:<b@example.com>");
            assertThat(smtp.data(bytes("Subject: x\r\n\r\nSay\r\nSTARTTLS\r\nand then\r\nSTARTTLS again\r\n"))
                            .code())
                    .isEqualTo(250);
        }
        await().atMost(PATIENCE)
                .until(() -> world.mailpit().messages().stream()
                        .anyMatch(mail -> mail.text().contains("\r\nSTARTTLS\r\nand then\r\n")));
    }

    @Test
    void commandsInPlainTextHaveNoEffectAfterStartTls() throws Exception {
        try (StartTlsSession client = new StartTlsSession()) {
            client.plain("MAIL FROM:<plain@example.com>");
            client.plain("RCPT TO:<plain@example.com>");
            client.startTls();
            assertThat(client.session(
                            "RCPT TO:<b@example.com>",
                            "DATA",
                            "MAIL FROM:<a@example.com>",
                            "EHLO again.example",
                            "MAIL FROM:<a@example.com>",
                            "STARTTLS",
                            "QUIT"))
                    .containsSubsequence("503 ", "503 ", "503 ", "250 ", "250 ", "500 ", "221 ");
        }
    }

    @Test
    void aClientWithoutTlsAfterStartTlsCausesNoErrorInTheLog() throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send("STARTTLS").code()).isEqualTo(220);
            smtp.sendRaw(bytes("MAIL FROM:<a@example.com>\r\n"));
            assertThatThrownBy(smtp::readReply).isInstanceOf(IOException.class);
        }
        try (SmtpConversation smtp = world.connect()) {
            assertThat(smtp.send("STARTTLS").code()).isEqualTo(220);
        }
    }

    private static void assertCutOff(String injection) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.sendRaw(bytes(injection));
            String last = smtp.readReply().toString();
            for (; !last.contains(CUT_OFF); last = smtp.readReply().toString()) {
                assertThat(last).as(injection).doesNotContain("Ready to start TLS");
            }
            assertThatThrownBy(smtp::readReply).isInstanceOf(IOException.class);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Sends commands in plain text, then over TLS. */
    private static final class StartTlsSession implements AutoCloseable {

        private final InetSocketAddress server = world.relay().smtpAddress();
        private final Socket socket = new Socket(server.getAddress(), server.getPort());
        private Socket now = socket;

        StartTlsSession() throws IOException {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            reply();
            plain("EHLO client.example");
        }

        String plain(String line) throws IOException {
            socket.getOutputStream().write(bytes(line + "\r\n"));
            return reply();
        }

        void startTls() throws IOException {
            assertThat(plain("STARTTLS")).startsWith("220 ");
            SSLSocket tls =
                    (SSLSocket) trust.getSocketFactory().createSocket(socket, "localhost", server.getPort(), true);
            tls.startHandshake();
            now = tls;
        }

        /** Sends all lines at once and returns all output of the server. */
        String session(String... lines) throws IOException {
            now.getOutputStream().write(bytes(String.join("\r\n", lines) + "\r\n"));
            return new String(now.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }

        private String reply() throws IOException {
            StringBuilder line = new StringBuilder();
            do {
                line.setLength(0);
                for (int each = now.getInputStream().read();
                        each != '\n' && each >= 0;
                        each = now.getInputStream().read()) {
                    line.append((char) each);
                }
            } while (line.length() > 3 && line.charAt(3) == '-');
            return line.toString();
        }

        @Override
        public void close() throws IOException {
            now.close();
        }
    }
}
