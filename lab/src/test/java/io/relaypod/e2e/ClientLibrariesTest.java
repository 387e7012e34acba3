package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.mail.MessagingException;
import javax.mail.Session;
import javax.mail.Transport;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;

import io.relaypod.lab.Peers;
import io.relaypod.lab.gateway.ReceivedMail;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Client libraries that send many messages over one connection, some to addresses that are refused. Whatever a library
 * does after a refusal, all other messages arrive.
 */
class ClientLibrariesTest {

    private static final Path CLIENTS = Path.of("src/test/resources/clients");
    private static final Path NODE_MODULES = Path.of("target/npm/node_modules");
    private static final Path PYTHON_PACKAGES = Path.of("target/python");
    private static final Path PHPMAILER = Path.of("/usr/share/php/libphp-phpmailer");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static LabWorld world;

    @BeforeAll
    static void start() throws Exception {
        world = LabWorld.builder().start();
    }

    @AfterAll
    static void stop() {
        world.close();
    }

    @BeforeEach
    void empty() {
        world.mailpit().clear();
    }

    /** A client library. If the library is not installed, its test is skipped. */
    enum Library {
        SMTPLIB("python3", "python3", "mails_smtplib.py"),
        DJANGO("django", "python3", "mails_django.py") {
            @Override
            boolean isThere() {
                return Files.isDirectory(PYTHON_PACKAGES.resolve("django"));
            }
        },
        AIOSMTPLIB("aiosmtplib", "python3", "mails_aiosmtplib.py") {
            @Override
            boolean isThere() {
                return Files.isDirectory(PYTHON_PACKAGES.resolve("aiosmtplib"));
            }
        },
        NODEMAILER_POOL("nodemailer", "node", "mails_nodemailer.cjs") {
            @Override
            boolean isThere() {
                return Files.isDirectory(NODE_MODULES.resolve("nodemailer"));
            }
        },
        RUBY("ruby", "ruby", "mails_ruby.rb"),
        NET_SMTP("perl", "perl", "mails_net_smtp.pl"),
        PHPMAILER_KEEP_ALIVE("phpmailer", "php", "mails_phpmailer.php") {
            @Override
            boolean isThere() {
                return Files.isDirectory(PHPMAILER);
            }
        },
        GO_NET_SMTP("net/smtp"),
        GOMAIL("gomail"),
        GO_MAIL("go-mail"),
        JAKARTA_MAIL() {
            @Override
            void send(int port, List<String> recipients) throws Exception {
                Properties properties = new Properties();
                properties.put("mail.smtp.class", "com.sun.mail.smtp.SMTPTransport");
                Session session = Session.getInstance(properties);
                try (Transport transport = session.getTransport("smtp")) {
                    transport.connect("127.0.0.1", port, null, null);
                    for (String recipient : recipients) {
                        MimeMessage mail = new MimeMessage(session);
                        mail.setFrom(new InternetAddress("app@example.com"));
                        mail.setRecipients(MimeMessage.RecipientType.TO, recipient);
                        mail.setSubject("Jakarta Mail");
                        mail.setText("x");
                        sendAnyhow(transport, mail);
                    }
                }
            }

            private static void sendAnyhow(Transport transport, MimeMessage mail) {
                try {
                    transport.sendMessage(mail, mail.getAllRecipients());
                } catch (MessagingException refused) {
                    // An application that sends to a list ignores the failure too.
                }
            }
        };

        private final List<String> command;
        private final String peer;

        Library() {
            this.command = List.of();
            this.peer = "";
        }

        Library(String peer, String program, String script) {
            this.command = List.of(program, CLIENTS.resolve(script).toString());
            this.peer = peer;
        }

        /** A library in the program that GO_CLIENTS names, which .ci/run builds. */
        Library(String goLibrary) {
            this.command =
                    List.of(Optional.ofNullable(System.getenv("GO_CLIENTS")).orElse("go-clients"), goLibrary);
            this.peer = "go-clients";
        }

        boolean isThere() {
            return true;
        }

        void send(int port, List<String> recipients) throws Exception {
            Peers.require(peer, onPath(command.get(0)) && isThere(), name() + " is not installed");
            List<String> arguments = new ArrayList<>(command);
            arguments.add(Integer.toString(port));
            arguments.addAll(recipients);
            ProcessBuilder builder = new ProcessBuilder(arguments)
                    .redirectErrorStream(true)
                    .redirectOutput(Files.createTempFile("client", ".txt").toFile());
            builder.environment().put("NODE_PATH", NODE_MODULES.toAbsolutePath().toString());
            builder.environment()
                    .put("PYTHONPATH", PYTHON_PACKAGES.toAbsolutePath().toString());
            Process client = builder.start();
            assertThat(client.waitFor(1, TimeUnit.MINUTES)).as("%s ends", this).isTrue();
            String said = Files.readString(builder.redirectOutput().file().toPath(), StandardCharsets.UTF_8);
            assertThat(client.exitValue()).as(said).isZero();
        }

        private static boolean onPath(String program) {
            return Stream.of(System.getenv("PATH").split(":"))
                    .anyMatch(directory -> Files.isExecutable(Path.of(directory).resolve(program)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void noMessageIsLostIfOneRecipientInTenIsRefused(Library library) throws Exception {
        assertAllAcceptedMessagesArrive(
                library,
                IntStream.range(0, 60)
                        .mapToObj(mail -> mail % 10 == 4 ? bad(mail) : good(mail))
                        .toList());
    }

    @ParameterizedTest
    @EnumSource
    void noMessageIsLostIfNineRecipientsInTenAreRefused(Library library) throws Exception {
        assertAllAcceptedMessagesArrive(
                library,
                IntStream.range(0, 40)
                        .mapToObj(mail -> mail % 10 == 9 ? good(mail) : bad(mail))
                        .toList());
    }

    private static void assertAllAcceptedMessagesArrive(Library library, List<String> recipients) throws Exception {
        library.send(world.relay().smtpAddress().getPort(), recipients);

        List<String> good = recipients.stream()
                .filter(recipient -> recipient.startsWith("good"))
                .toList();
        await().atMost(PATIENCE).until(() -> world.mailpit().messages().size() >= good.size());
        assertThat(world.mailpit().messages())
                .flatExtracting(ReceivedMail::recipients)
                .containsExactlyInAnyOrderElementsOf(good);
    }

    private static String good(int mail) {
        return "good" + mail + "@example.com";
    }

    // Each kind of refusal in turn: no such domain, null MX, no such mailbox, an address that cannot be relayed.
    private static String bad(int mail) {
        List<String> domains = Arrays.asList("bad" + mail + ".xyz", "nullmx.example", "localhost", "gmial.com");
        return "bad" + mail + "@" + domains.get(mail / 2 % domains.size());
    }
}
