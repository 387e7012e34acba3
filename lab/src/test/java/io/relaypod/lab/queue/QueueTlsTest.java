package io.relaypod.lab.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.relaypod.gateway.VerbatimMailQueueItems;
import io.relaypod.lab.broker.ArtemisProcess;
import io.relaypod.server.queue.ArtemisMailQueueFactory;
import io.relaypod.server.queue.broker.RemoteBroker;
import io.relaypod.server.settings.InvalidSettingsException;
import io.relaypod.server.settings.Settings;
import io.relaypod.throttle.SenderRateLimiter;
import org.apache.james.core.builder.MimeMessageBuilder;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.mailet.base.test.FakeMail;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The TLS connection to the broker, with a certificate for each side. */
class QueueTlsTest {

    private static final String PASSWORD = "changeit";

    @TempDir
    private static Path directory;

    private static ArtemisProcess process;

    @BeforeAll
    static void start() throws Exception {
        generate("broker", "ip:127.0.0.1");
        generate("relay", "dns:relay.example");
        generate("stranger", "ip:127.0.0.1");
        process = ArtemisProcess.start(
                directory.resolve("data"),
                xml -> xml.replace(
                        "?protocols=CORE",
                        "?protocols=CORE;sslEnabled=true;keyStoreType=PKCS12"
                                + ";keyStorePath=" + directory.resolve("broker.p12") + ";keyStorePassword=" + PASSWORD
                                + ";needClientAuth=true;trustStoreType=PEMCA;trustStorePath="
                                + directory.resolve("relay.pem")));
    }

    @AfterAll
    static void stop() {
        process.close();
    }

    @Test
    void aMessageIsStoredThroughTls() throws Exception {
        try (Queues queues = queues("broker", "relay", "")) {
            queues.factory().open();
            assertThat(queues.factory().isConnected()).isTrue();
            queues.factory()
                    .createQueue(MailQueueName.of("spool"))
                    .enQueue(FakeMail.builder()
                            .name("one")
                            .sender("a@example.com")
                            .recipient("b@example.com")
                            .mimeMessage(MimeMessageBuilder.mimeMessageBuilder().setText("x"))
                            .build());
            assertThat(queues.factory().createQueue(MailQueueName.of("spool")).getSize())
                    .isEqualTo(1);
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void aBrokerWithAnotherCertificateIsNotTrusted() throws Exception {
        try (Queues queues = queues("stranger", "relay", "")) {
            queues.factory().open();
            assertThat(queues.factory().isConnected()).isFalse();
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void aBrokerWithAnotherHostNameIsNotTrusted() throws Exception {
        try (Queues queues = queues("broker", "relay", "localhost")) {
            queues.factory().open();
            assertThat(queues.factory().isConnected()).isFalse();
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void theBrokerDoesNotTrustAnotherRelay() throws Exception {
        try (Queues queues = queues("broker", "stranger", "")) {
            queues.factory().open();
            assertThat(queues.factory().isConnected()).isFalse();
        }
    }

    @Test
    void anInvalidKeyIsReportedAtTheStart() throws Exception {
        Files.copy(directory.resolve("relay.pem"), directory.resolve("damaged.pem"));
        Files.writeString(
                directory.resolve("damaged.key"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        assertThatThrownBy(() -> queues("broker", "damaged", ""))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessageContaining("QUEUE_KEY_FILE");
    }

    private record Queues(RemoteBroker broker, ArtemisMailQueueFactory factory) implements AutoCloseable {

        @Override
        public void close() {
            factory.close();
            broker.close();
        }
    }

    // Synchronized, since the library's key store fails if keys are read concurrently.
    private static synchronized Queues queues(String trusted, String shown, String host) throws IOException {
        Map<String, String> environment = new HashMap<>(Map.of(
                "JAMES_CONF",
                "../james-conf",
                "DATA_DIR",
                "target/no-data",
                "QUEUE_URL",
                host.isEmpty() ? process.url() : process.url().replace("127.0.0.1", host),
                "QUEUE_USER",
                process.user(),
                "QUEUE_PASSWORD_FILE",
                process.passwordFile().toString(),
                "QUEUE_CA_FILE",
                directory.resolve(trusted + ".pem").toString(),
                "QUEUE_CERT_FILE",
                directory.resolve(shown + ".pem").toString(),
                "QUEUE_KEY_FILE",
                directory.resolve(shown + ".key").toString()));
        RemoteBroker broker =
                new RemoteBroker(Settings.from(environment).queue().remote().orElseThrow(), Duration.ofSeconds(20));
        return new Queues(
                broker,
                new ArtemisMailQueueFactory(
                        broker,
                        new VerbatimMailQueueItems(),
                        SenderRateLimiter.unlimited(),
                        Clock.systemUTC(),
                        new RecordingMetricFactory(),
                        new NoopGaugeRegistry()));
    }

    /** Creates NAME.p12, and the same certificate and key as NAME.pem and NAME.key. */
    private static void generate(String name, String alternative) throws Exception {
        Path store = directory.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "it",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=" + alternative,
                        "-ext",
                        "bc:c=ca:true",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .inheritIO()
                .start();
        assertThat(keytool.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(keytool.exitValue()).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        Key key = keys.getKey("it", PASSWORD.toCharArray());
        Files.writeString(
                directory.resolve(name + ".pem"),
                pem("CERTIFICATE", keys.getCertificate("it").getEncoded()));
        Files.writeString(directory.resolve(name + ".key"), pem("PRIVATE KEY", key.getEncoded()));
    }

    private static String pem(String what, byte[] bytes) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes) + "\n-----END " + what + "-----\n";
    }
}
