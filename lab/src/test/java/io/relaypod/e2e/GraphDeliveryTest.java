package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

import io.relaypod.lab.graph.GraphMail;
import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.LabWorld;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Graph has no envelope. Nevertheless it must deliver exactly to the recipients of the envelope. */
class GraphDeliveryTest {

    private static final String FROM = "From: calendar@example.com\r\n";
    private static final String CALENDAR = String.join(
            "\r\n",
            "BEGIN:VCALENDAR",
            "METHOD:REQUEST",
            "BEGIN:VEVENT",
            "SUMMARY:Talk",
            "ORGANIZER:mailto:organiser@example.com",
            "ATTENDEE:mailto:organiser@example.com",
            "ATTENDEE:mailto:booker@example.com",
            "END:VEVENT",
            "END:VCALENDAR",
            "");
    private static final String INVITATION =
            "Content-Type: multipart/mixed; boundary=b\r\nMIME-Version: 1.0\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
                    + "Booked.\r\n--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n" + CALENDAR
                    + "\r\n--b--\r\n";

    private static LabWorld listed;
    private static LabWorld auto;

    @BeforeAll
    static void start() throws Exception {
        listed = LabWorld.builder()
                .with("STRIP_ICS_RECIPIENTS", "Organiser@example.com, @staff.example")
                .with("SENDER_MAILBOXES", "@example.com")
                .with("MAX_RECIPIENTS", "100")
                .start();
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

    @Test
    void theNotificationIsDeliveredOnlyToTheOrganiser() throws Exception {
        accept(listed, "To: organiser@example.com\r\n" + FROM + INVITATION, "organiser@example.com");

        GraphMail mail = mails(listed, 1).get(0);
        assertThat(mail.deliveredTo()).containsExactly("organiser@example.com");
        assertThat(mail.text()).contains("Booked.").doesNotContain("VCALENDAR", "text/calendar");
    }

    @Test
    void aRecipientThatIsNotListedGetsTheInvitationUnchanged() throws Exception {
        accept(listed, FROM + "To: booker@example.com\r\n" + INVITATION, "booker@example.com");

        assertThat(mails(listed, 1).get(0).text()).endsWith(INVITATION);
    }

    @Test
    void inModeAutoAMessageToThreeRecipientsIsDeliveredThreeTimes() throws Exception {
        accept(
                auto,
                FROM + "To: organiser@example.com, Booker <booker@example.com>\r\nCc: guest@example.com\r\n"
                        + INVITATION,
                "organiser@example.com",
                "booker@example.com",
                "guest@example.com");

        List<GraphMail> mails = mails(auto, 2);
        assertThat(deliveries(mails))
                .containsExactlyInAnyOrder("organiser@example.com", "booker@example.com", "guest@example.com");
        assertThat(mails)
                .filteredOn(mail -> mail.deliveredTo().contains("guest@example.com"))
                .singleElement()
                .satisfies(mail -> assertThat(mail.text()).contains("Booked.").doesNotContain("VCALENDAR"));
        assertThat(mails)
                .filteredOn(mail -> mail.deliveredTo().contains("booker@example.com"))
                .singleElement()
                .satisfies(mail -> assertThat(mail.text()).contains(CALENDAR));
    }

    @Test
    void inModeAutoACopyForOneAttendeeListsOnlyThisAttendee() throws Exception {
        accept(auto, FROM + "To: organiser@example.com, booker@example.com\r\n" + INVITATION, "booker@example.com");

        GraphMail mail = mails(auto, 1).get(0);
        assertThat(mail.deliveredTo()).containsExactly("booker@example.com");
        assertThat(mail.text())
                .contains("ORGANIZER:mailto:organiser@example.com", "ATTENDEE:mailto:booker@example.com")
                .doesNotContain("ATTENDEE:mailto:organiser");
    }

    @Test
    void inModeAutoAnInvitationOfAHundredAndTwentyAttendeesReachesEachOnce() throws Exception {
        List<String> attendees = IntStream.range(0, 120)
                .mapToObj(i -> "guest" + i + "@example.com")
                .toList();
        String calendar = CALENDAR.replace(
                "END:VEVENT",
                String.join(
                                "\r\n",
                                attendees.stream()
                                        .map(each -> "ATTENDEE:mailto:" + each)
                                        .toList()) + "\r\nEND:VEVENT");

        accept(
                auto,
                FROM + "To: " + String.join(",\r\n ", attendees) + "\r\n" + INVITATION.replace(CALENDAR, calendar),
                attendees.toArray(String[]::new));

        List<GraphMail> mails = mails(auto, 2);
        assertThat(deliveries(mails)).containsExactlyInAnyOrderElementsOf(attendees);
        assertThat(mails).allSatisfy(mail -> assertThat(mail.text()).contains("BEGIN:VCALENDAR"));
    }

    @Test
    void aRefusedRecipientInTheHeaderGetsNoMessage() throws Exception {
        try (SmtpConversation smtp = listed.connect()) {
            smtp.send("MAIL FROM:<calendar@example.com>");
            assertThat(smtp.send("RCPT TO:<good@example.com>").code()).isEqualTo(250);
            assertThat(smtp.send("RCPT TO:<spammer@nonexistent-domain.xyz>").code())
                    .isEqualTo(550);
            smtp.data((FROM
                            + "To: good@example.com, spammer@nonexistent-domain.xyz, other@example.com\r\nSubject: s\r\n\r\nx\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
        }

        GraphMail mail = mails(listed, 1).get(0);
        assertThat(mail.deliveredTo()).containsExactly("good@example.com");
        assertThat(mail.text())
                .contains("X-Relaypod-Original-To: good@example.com,\r\n other@example.com\r\n")
                .doesNotContain("nonexistent-domain");
    }

    @Test
    void noHeaderFieldListsRecipientsRefusedForAnyReason() throws Exception {
        String longest = "l".repeat(65) + "@example.com";
        try (SmtpConversation smtp = listed.connect()) {
            smtp.send("MAIL FROM:<calendar@example.com>");
            assertThat(smtp.send("RCPT TO:<good@example.com>").code()).isEqualTo(250);
            assertThat(smtp.send("RCPT TO:<" + longest + ">").code()).isEqualTo(553);
            assertThat(smtp.send("RCPT TO:<two..dots@example.com>").code()).isEqualTo(553);
            assertThat(smtp.send("RCPT TO:<option@example.com> X=1").code()).isEqualTo(555);
            assertThat(smtp.send("RCPT TO:<again@example.com> X=1").code()).isEqualTo(555);
            assertThat(smtp.send("RCPT TO:<again@example.com>").code()).isEqualTo(250);
            smtp.data((FROM + "To: good@example.com, " + longest
                            + ", two..dots@example.com, option@example.com,\r\n again@example.com,"
                            + " never-tried@example.com\r\nSubject: s\r\n\r\nx\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
        }

        GraphMail mail = mails(listed, 1).get(0);
        assertThat(mail.deliveredTo()).containsExactlyInAnyOrder("good@example.com", "again@example.com");
        assertThat(mail.text())
                .contains(
                        "X-Relaypod-Original-To: good@example.com,\r\n again@example.com,\r\n never-tried@example.com\r\n");
    }

    @Test
    void noHeaderFieldListsRecipientsBeyondTheLimit() throws Exception {
        List<String> guests = IntStream.range(0, 101)
                .mapToObj(i -> "guest" + i + "@example.com")
                .toList();
        try (SmtpConversation smtp = listed.connect()) {
            smtp.send("MAIL FROM:<calendar@example.com>");
            for (String guest : guests.subList(0, 100)) {
                assertThat(smtp.send("RCPT TO:<" + guest + ">").code()).isEqualTo(250);
            }
            assertThat(smtp.send("RCPT TO:<" + guests.get(100) + ">").code()).isEqualTo(452);
            smtp.data((FROM + "To: " + String.join(",\r\n ", guests) + ", other@example.com\r\nSubject: s\r\n\r\nx\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
        }

        GraphMail mail = mails(listed, 1).get(0);
        assertThat(mail.deliveredTo()).containsExactlyInAnyOrderElementsOf(guests.subList(0, 100));
        assertThat(mail.text())
                .contains("X-Relaypod-Original-To: guest0@example.com", "other@example.com")
                .doesNotContain("guest100@");
    }

    @Test
    void transactionsForEachRecipientWithASharedHeaderReachEachOnce() throws Exception {
        String mail = FROM + "To: a@example.com, b@example.com\r\nCc: c@example.com\r\nSubject: s\r\n\r\nx\r\n";
        for (String recipient : List.of("a@example.com", "b@example.com", "c@example.com", "hidden@example.com")) {
            accept(listed, mail, recipient);
        }

        assertThat(deliveries(mails(listed, 4)))
                .containsExactlyInAnyOrder("a@example.com", "b@example.com", "c@example.com", "hidden@example.com");
    }

    @Test
    void aMessageWithUndisclosedRecipientsReachesThem() throws Exception {
        accept(
                listed,
                FROM + "To: undisclosed-recipients:;\r\nBcc: a@example.com\r\nSubject: s\r\n\r\nx\r\n",
                "a@example.com",
                "b@example.com");

        assertThat(deliveries(mails(listed, 2))).containsExactlyInAnyOrder("a@example.com", "b@example.com");
    }

    @Test
    void noRecipientSeesTheBlindRecipients() throws Exception {
        accept(
                listed,
                FROM
                        + "To: Ann <a@example.com>\r\nSubject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n",
                "a@example.com",
                "blind1@example.com",
                "blind2@example.com");

        List<GraphMail> mails = mails(listed, 3);
        assertThat(mails)
                .extracting(GraphMail::deliveredTo)
                .containsExactlyInAnyOrder(
                        List.of("a@example.com"), List.of("blind1@example.com"), List.of("blind2@example.com"));
        assertThat(mails)
                .filteredOn(mail -> mail.text().contains("blind1@example.com"))
                .hasSize(1);
        assertThat(mails)
                .filteredOn(mail -> mail.text().contains("blind2@example.com"))
                .hasSize(1);
        assertThat(mails)
                .filteredOn(mail -> mail.deliveredTo().contains("a@example.com"))
                .singleElement()
                .satisfies(mail -> assertThat(mail.text())
                        .contains("\r\nTo: Ann <a@example.com>\r\n")
                        .doesNotContain("X-Relaypod-Original"));
        assertThat(mails)
                .filteredOn(mail -> mail.text().contains("X-Relaypod-Original-To: Ann <a@example.com>\r\n"))
                .hasSize(2);
    }

    @Test
    void aMessageWithAFoldedFromOrAnEmptySenderIsSent() throws Exception {
        try (SmtpConversation smtp = listed.connect()) {
            smtp.send("MAIL FROM:<>");
            smtp.send("RCPT TO:<a@example.com>");
            assertThat(smtp.data(
                                    "From: \"A printer,\r\n second floor\"\r\n <printer@example.com>\r\nTo: a@example.com\r\n\r\nx\r\n"
                                            .getBytes(StandardCharsets.US_ASCII))
                            .code())
                    .isEqualTo(250);
        }

        GraphMail mail = mails(listed, 1).get(0);
        assertThat(mail.mailbox()).isEqualTo("printer@example.com");
        assertThat(mail.text()).contains("\r\nFrom: \"A printer, second floor\" <printer@example.com>\r\n");
    }

    @Test
    void messagesThatMailpitOrSmtp2graphWouldNotSendAreRefusedAtData() throws Exception {
        assertThat(refused("no field\r\n" + FROM + "\r\nx\r\n")).startsWith("550 5.6.0 Header line 1: no colon");
        assertThat(refused("From: Nobody\r\n\r\nx\r\n")).startsWith("550 5.6.0 Header line 1: no address");
        assertThat(refused("From: ceo@else.example\r\n\r\nx\r\n"))
                .isEqualTo("550 5.7.1 Mail may not be sent from the mailbox <ceo@else.example>");
    }

    @Test
    void aCalendarThatOnlySomeParsersFindIsRemoved() throws Exception {
        String odd = FROM
                + "Subject: odd\r\nContent-Type: multipart/mixed\r\n\r\n--b\r\n\r\nwords\r\n--b\r\nContent-Type: text/calendar\r\n\r\n"
                + CALENDAR;

        accept(listed, odd, "organiser@example.com");

        assertThat(mails(listed, 1).get(0).text()).contains("words").doesNotContain("BEGIN:VCALENDAR");
        assertThat(deliveries(mails(listed, 1))).containsExactly("organiser@example.com");
    }

    @Test
    void messagesThatWouldEndSmtp2graphOrTheRelayAreRefusedAtData() throws Exception {
        String mixed = FROM + "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
        assertThat(refused(mixed + "--b\r\n\r\nx\r\n".repeat(1_000)))
                .isEqualTo("550 5.6.0 The mail has 1001 MIME parts as smtp2graph counts them; at most 1000 are taken");
        assertThat(refused(mixed + "--b\r\n" + ("x".repeat(98) + "\r\n").repeat(10_000)))
                .startsWith(
                        "550 5.6.0 The mail has a MIME part with 1000000 bytes of header as smtp2graph counts them");
        assertThat(refused(FROM + "a:b\r\n".repeat(100_000) + "\r\nx\r\n"))
                .isEqualTo("550 5.6.0 The mail has 100001 header fields; at most 5000 are taken");
        assertThat(refused(FROM + "To: x@example.com" + ",\r\n y@z.example".repeat(8_000) + "\r\n\r\nx\r\n"))
                .isEqualTo("550 5.6.0 The mail has 8001 addresses in To, Cc and Bcc; at most 5000 are taken");
    }

    @Test
    void aMessageOfTheAnnouncedSizeToAHundredBlindRecipientsFitsGraph() throws Exception {
        List<String> recipients = IntStream.range(0, 100)
                .mapToObj(i -> "r".repeat(50) + i + "@example.com")
                .toList();
        String head = FROM + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\nx\r\n".repeat(5)
                + "--b\r\n\r\n";
        String line = "x".repeat(98) + "\r\n";
        int limit = 3000 * 1024;
        String mail = head + line.repeat((limit - head.length()) / line.length());

        try (LabWorld together =
                LabWorld.builder().with("BLIND_COPIES", "together").start()) {
            accept(together, mail + "x".repeat(limit - mail.length() - 2) + "\r\n", recipients.toArray(String[]::new));

            assertThat(deliveries(mails(together, 1))).containsExactlyInAnyOrderElementsOf(recipients);
        }
    }

    private static String refused(String mail) throws Exception {
        try (SmtpConversation smtp = listed.connect()) {
            smtp.send("MAIL FROM:<calendar@example.com>");
            smtp.send("RCPT TO:<a@example.com>");
            Reply reply = smtp.data(mail.getBytes(StandardCharsets.US_ASCII));
            assertThat(smtp.send("NOOP").code()).isEqualTo(250);
            return String.join("\n", reply.lines());
        }
    }

    private static void accept(LabWorld world, String mail, String... recipients) throws Exception {
        try (SmtpConversation smtp = world.connect()) {
            smtp.send("MAIL FROM:<calendar@example.com>");
            for (String recipient : recipients) {
                assertThat(smtp.send("RCPT TO:<" + recipient + ">").code()).isEqualTo(250);
            }
            Reply reply = smtp.data(mail.getBytes(StandardCharsets.US_ASCII));
            assertThat(reply.code()).as(reply.toString()).isEqualTo(250);
        }
    }

    private static List<GraphMail> mails(LabWorld world, int number) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(world.graph().mails()).hasSize(number));
        return world.graph().mails();
    }

    private static List<String> deliveries(List<GraphMail> mails) {
        return mails.stream().flatMap(mail -> mail.deliveredTo().stream()).toList();
    }
}
