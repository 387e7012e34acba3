package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.mail.Session;
import javax.mail.Transport;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeBodyPart;
import javax.mail.internet.MimeMessage;
import javax.mail.internet.MimeMultipart;

import io.relaypod.lab.Peers;
import io.relaypod.lab.graph.DeliveryRule;
import io.relaypod.lab.graph.GraphMail;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bookings as real applications and mail programs write them, each with a calendar that lists the booker. */
class RealClientsTest {

    private static final String ORGANISER = LabWorld.ORGANISER;
    private static final String BOOKER = "booker@booker.example";
    private static final Path CLIENTS = Path.of("src/test/resources/clients");
    private static final Path NODE_MODULES = Path.of("target/npm/node_modules");

    private static LabWorld listed;
    private static LabWorld auto;

    @BeforeAll
    static void start() throws Exception {
        listed = LabWorld.builder().start();
        auto = LabWorld.builder().with("STRIP_ICS_MODE", "auto").start();
    }

    @AfterAll
    static void stop() {
        listed.close();
        auto.close();
    }

    @BeforeEach
    void empty() {
        listed.graph().clear();
        auto.graph().clear();
    }

    /** An application or a mail program. */
    enum SendingProgram {
        PYTHON {
            @Override
            void send(int port, String... recipients) throws Exception {
                Peers.require("python3", onPath("python3"), "python3 is not on the PATH");
                run(List.of("python3", CLIENTS.resolve("python_client.py").toString()), port, recipients);
            }
        },
        NODEMAILER {
            @Override
            void send(int port, String... recipients) throws Exception {
                Peers.require(
                        "nodemailer",
                        onPath("node") && Files.isDirectory(NODE_MODULES.resolve("nodemailer")),
                        "node is not on the PATH, or nodemailer not in lab/" + NODE_MODULES);
                run(List.of("node", CLIENTS.resolve("nodemailer_client.cjs").toString()), port, recipients);
            }
        },
        JAKARTA_MAIL {
            @Override
            void send(int port, String... recipients) throws Exception {
                Properties properties = new Properties();
                properties.put("mail.smtp.host", "127.0.0.1");
                properties.put("mail.smtp.class", "com.sun.mail.smtp.SMTPTransport");
                properties.put("mail.smtp.port", Integer.toString(port));
                MimeMessage mail = new MimeMessage(Session.getInstance(properties));
                mail.setFrom(new InternetAddress("calendar@organiser.example", "Cal\u00e9ndar", "utf-8"));
                mail.setRecipients(MimeMessage.RecipientType.TO, ORGANISER + ", " + BOOKER);
                mail.setSubject("Booking by Jakarta Mail", "utf-8");
                MimeBodyPart text = new MimeBodyPart();
                text.setText("Booked.", "utf-8");
                MimeBodyPart calendar = new MimeBodyPart();
                calendar.setText(
                        String.join(
                                "\r\n",
                                "BEGIN:VCALENDAR",
                                "METHOD:REQUEST",
                                "BEGIN:VEVENT",
                                "SUMMARY:Booking",
                                "ORGANIZER:mailto:" + ORGANISER,
                                "ATTENDEE:mailto:" + BOOKER,
                                "END:VEVENT",
                                "END:VCALENDAR",
                                ""),
                        "utf-8",
                        "calendar; method=REQUEST");
                mail.setContent(new MimeMultipart("alternative", text, calendar));
                mail.saveChanges();
                Transport.send(mail, InternetAddress.parse(String.join(",", recipients)));
            }
        },
        OUTLOOK {
            @Override
            void send(int port, String... recipients) throws Exception {
                sendFile("outlook.eml", port, recipients);
            }
        },
        APPLE {
            @Override
            void send(int port, String... recipients) throws Exception {
                sendFile("apple.eml", port, recipients);
            }
        };

        abstract void send(int port, String... recipients) throws Exception;
    }

    @ParameterizedTest
    @EnumSource
    void onlyTheListedOrganiserGetsTheBookingWithoutItsCalendar(SendingProgram client) throws Exception {
        client.send(listed.relay().smtpAddress().getPort(), ORGANISER);

        GraphMail mail = delivered(listed, 1).get(0);
        assertThat(mail.deliveredTo()).containsExactly(ORGANISER);
        assertThat(mail.text())
                .contains("Booked.")
                .doesNotContainIgnoringCase("vcalendar")
                .doesNotContainIgnoringCase("text/calendar");
    }

    @ParameterizedTest
    @EnumSource
    void inModeAutoOrganiserAndBookerGetTheBookingOnceEach(SendingProgram client) throws Exception {
        client.send(auto.relay().smtpAddress().getPort(), "organiser@booker.example", BOOKER);

        List<GraphMail> mails = delivered(auto, 2);
        assertThat(mails.stream().flatMap(mail -> mail.deliveredTo().stream()))
                .containsExactlyInAnyOrder("organiser@booker.example", BOOKER);
        assertThat(mails)
                .filteredOn(mail -> mail.deliveredTo().contains(BOOKER))
                .singleElement()
                .satisfies(mail -> assertThat(DeliveryRule.recipients(mail.mime()))
                        .as("the booker keeps the invitation")
                        .containsExactly(BOOKER));
    }

    private static List<GraphMail> delivered(LabWorld world, int count) {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> world.graph().mails().size() >= count
                        && world.relay().queuedMails() == 0
                        && world.smtp2graph().pending() == 0);
        assertThat(world.graph().mails()).hasSize(count);
        return world.graph().mails();
    }

    private static void sendFile(String file, int port, String... recipients) throws Exception {
        byte[] mail =
                Files.readString(CLIENTS.resolve(file)).replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8);
        try (SmtpConversation smtp = SmtpConversation.connect(new InetSocketAddress("127.0.0.1", port))) {
            smtp.send("EHLO client.example");
            smtp.send("MAIL FROM:<calendar@organiser.example>");
            for (String recipient : recipients) {
                smtp.send("RCPT TO:<" + recipient + ">");
            }
            assertThat(smtp.data(mail).code()).isEqualTo(250);
        }
    }

    private static void run(List<String> program, int port, String... recipients) throws Exception {
        List<String> command = new ArrayList<>(program);
        command.add(Integer.toString(port));
        command.addAll(List.of(recipients));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("NODE_PATH", NODE_MODULES.toAbsolutePath().toString());
        Process client = builder.start();
        String output = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(client.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(client.exitValue()).as(output).isZero();
    }

    private static boolean onPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }
}
