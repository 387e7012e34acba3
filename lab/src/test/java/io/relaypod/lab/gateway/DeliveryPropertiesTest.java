package io.relaypod.lab.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.relaypod.events.MailEventPublisher;
import io.relaypod.lab.graph.DeliveryRule;
import io.relaypod.mailets.AlignRecipients;
import io.relaypod.mailets.AlignSender;
import io.relaypod.mailets.NarrowCalendar;
import io.relaypod.mailets.NotInvited;
import io.relaypod.mailets.SplitRecipients;
import io.relaypod.mailets.StripCalendar;
import io.relaypod.mailets.StripCalendarFor;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.commons.configuration2.BaseConfiguration;
import org.apache.james.core.MailAddress;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.mailetcontainer.impl.MailetConfigImpl;
import org.apache.james.mailetcontainer.impl.MatcherConfigImpl;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageInputStreamSource;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetContext;
import org.apache.mailet.base.GenericMailet;
import org.apache.mailet.base.GenericMatcher;

/**
 * The property of delivery: for any message, Graph would deliver exactly once to each accepted recipient of the
 * envelope, and to no other address. The mailets are the real ones, in the order of mailetcontainer.xml. smtp2graph and
 * Graph are stand-ins, which share no code with the mailets.
 */
class DeliveryPropertiesTest {

    private static final String SENDER = "sender@example.com";
    private static final List<String> PEOPLE = List.of(
            "ann@example.com",
            "bob@example.com",
            "cem@example.net",
            "dee@listed.example",
            "eve@listed.example",
            "fay@example.org",
            "o'neil+x@example.org",
            "gus@nonexistent-domain.xyz",
            "hal@nonexistent-domain.xyz");
    private static final int REACHABLE = 7;

    /** A message of an application, and the recipients of each transaction in which it is sent. */
    record Submission(String mail, List<List<String>> transactions, boolean hasCalendar) {

        List<String> accepted() {
            return transactions.stream().flatMap(List::stream).toList();
        }

        boolean isForListedOnly() {
            return accepted().stream().allMatch(recipient -> recipient.endsWith("@listed.example"));
        }

        @Override
        public String toString() {
            return "transactions " + transactions + " of\n" + mail;
        }
    }

    @Property
    void inModeAutoGraphDeliversOnceToEachRecipientOfTheEnvelope(@ForAll("sendings") Submission sending)
            throws Exception {
        assertThat(deliveries(sending, new TransportProcessor("auto")))
                .containsExactlyInAnyOrderElementsOf(sending.accepted());
    }

    @Property
    void inModeListedGraphDoesSoIfNoOtherRecipientGetsACalendar(@ForAll("sendings") Submission sending)
            throws Exception {
        if (!sending.hasCalendar() || sending.isForListedOnly()) {
            assertThat(deliveries(sending, new TransportProcessor("listed")))
                    .containsExactlyInAnyOrderElementsOf(sending.accepted());
        }
    }

    private static List<String> deliveries(Submission sending, TransportProcessor relay) throws Exception {
        List<String> deliveries = new ArrayList<>();
        for (List<String> recipients : sending.transactions()) {
            for (Mail copy : relay.pass(mail(sending.mail(), recipients))) {
                List<String> envelope =
                        copy.getRecipients().stream().map(MailAddress::asString).toList();
                ByteArrayOutputStream mime = new ByteArrayOutputStream();
                copy.getMessage().writeTo(mime);
                DeliveryRule graph = DeliveryRule.of(Smtp2GraphMail.completed(mime.toByteArray(), SENDER, envelope));
                assertThat(graph.isAccepted()).isTrue();
                assertThat(envelope.size() == 1 || isVisible(sending.mail(), envelope))
                        .as("a blind recipient shares no copy")
                        .isTrue();
                deliveries.addAll(graph.recipients());
                LifecycleUtil.dispose(copy);
            }
        }
        return deliveries;
    }

    private static boolean isVisible(String mail, List<String> recipients) {
        String header = mail.substring(0, mail.indexOf("Subject:"))
                .replaceAll("(?im)^bcc ?:.*(\r\n[ \t].*)*", "")
                .replaceAll("[\\s\"]", "")
                .toLowerCase(Locale.ROOT);
        return recipients.stream().allMatch(recipient -> header.contains(recipient.toLowerCase(Locale.ROOT)));
    }

    private static Mail mail(String mail, List<String> recipients) throws Exception {
        MailImpl.Builder builder = MailImpl.builder().name("m").sender(new MailAddress(SENDER));
        for (String recipient : recipients) {
            builder.addRecipient(new MailAddress(recipient));
        }
        MailImpl built = builder.build();
        built.setMessageContent(MimeMessageInputStreamSource.create(
                "m", new ByteArrayInputStream(mail.getBytes(StandardCharsets.ISO_8859_1))));
        return built;
    }

    /**
     * The transport processor from its split on, with a spool for the copies. As in James, a mailet gets a copy for the
     * matched recipients.
     */
    private static final class TransportProcessor {

        private record MatchedMailet(Optional<GenericMatcher> matcher, GenericMailet mailet) {}

        private final List<MatchedMailet> steps;
        private final SplitRecipients split = new SplitRecipients(event -> {});
        private final Deque<Mail> spool = new ArrayDeque<>();

        TransportProcessor(String mode) throws Exception {
            MailEventPublisher events = event -> {};
            MailetConfigImpl config = new MailetConfigImpl();
            config.setConfiguration(new BaseConfiguration());
            config.setMailetContext((MailetContext) Proxy.newProxyInstance(
                    getClass().getClassLoader(),
                    new Class<?>[] {MailetContext.class},
                    (proxy, method, arguments) -> spool.add(((Mail) arguments[0]).duplicate())));
            split.init(config);
            steps = List.of(
                    new MatchedMailet(
                            Optional.of(matcher(new StripCalendarFor(), "@listed.example")),
                            mailet(new StripCalendar(events), mode)),
                    new MatchedMailet(
                            Optional.of(matcher(new NotInvited(), mode)), mailet(new NarrowCalendar(events), mode)),
                    new MatchedMailet(Optional.empty(), mailet(new NarrowCalendar(events), mode)),
                    new MatchedMailet(Optional.empty(), mailet(new AlignRecipients(events), mode)),
                    new MatchedMailet(Optional.empty(), mailet(new AlignSender(events), mode)));
        }

        private static GenericMatcher matcher(GenericMatcher matcher, String condition) throws Exception {
            MatcherConfigImpl config = new MatcherConfigImpl();
            config.setCondition(condition);
            matcher.init(config);
            return matcher;
        }

        private static GenericMailet mailet(GenericMailet mailet, String mode) throws Exception {
            MailetConfigImpl config = new MailetConfigImpl();
            BaseConfiguration parameters = new BaseConfiguration();
            parameters.addProperty("mode", mode);
            config.setConfiguration(parameters);
            mailet.init(config);
            return mailet;
        }

        List<Mail> pass(Mail received) throws Exception {
            spool.add(received);
            List<Mail> all = new ArrayList<>();
            while (!spool.isEmpty()) {
                Mail mail = spool.remove();
                split.service(mail);
                all.addAll(passSplit(mail));
            }
            return all;
        }

        private List<Mail> passSplit(Mail mail) throws Exception {
            List<Mail> mails = new ArrayList<>(List.of(mail));
            for (MatchedMailet step : steps) {
                for (Mail each : List.copyOf(mails)) {
                    Set<MailAddress> matched = step.matcher().isPresent()
                            ? Set.copyOf(step.matcher().get().match(each))
                            : Set.copyOf(each.getRecipients());
                    if (matched.isEmpty()) {
                        continue;
                    }
                    Mail served = each;
                    if (matched.size() < each.getRecipients().size()) {
                        served = each.duplicate();
                        served.setRecipients(matched);
                        each.setRecipients(each.getRecipients().stream()
                                .filter(recipient -> !matched.contains(recipient))
                                .toList());
                        mails.add(served);
                    }
                    step.mailet().service(served);
                    assertThat(served.getErrorMessage()).isNull();
                }
            }
            return mails;
        }
    }

    @Provide
    Arbitrary<Submission> sendings() {
        return Arbitraries.randomValue(random -> new Composer(random).sending());
    }

    /** Composes unusual messages. For one message. */
    private static final class Composer {

        private final Random random;
        private boolean hasCalendar;
        private int boundaries;

        Composer(Random random) {
            this.random = random;
        }

        Submission sending() {
            List<String> accepted = some(PEOPLE.subList(0, REACHABLE), 1);
            if (random.nextInt(5) == 0) {
                accepted = PEOPLE.subList(3, 5);
            }
            String body = part(3, true);
            String header = "From: " + SENDER + "\r\n" + field("To") + (random.nextBoolean() ? field("Cc") : "")
                    + (random.nextInt(3) == 0 ? field("Bcc") : "") + (random.nextInt(8) == 0 ? field("To") : "")
                    + "Subject: s\r\nMIME-Version: 1.0\r\n";
            return new Submission(header + body, transactions(accepted), hasCalendar);
        }

        private List<List<String>> transactions(List<String> accepted) {
            return switch (random.nextInt(3)) {
                case 0 -> accepted.stream().map(List::of).toList();
                case 1 ->
                    accepted.size() < 2
                            ? List.of(accepted)
                            : List.of(
                                    accepted.subList(0, accepted.size() / 2),
                                    accepted.subList(accepted.size() / 2, accepted.size()));
                default -> List.of(accepted);
            };
        }

        private <T> T one(List<T> of) {
            return of.get(random.nextInt(of.size()));
        }

        private List<String> some(List<String> of, int least) {
            List<String> some =
                    of.stream().filter(any -> random.nextInt(2) == 0).collect(Collectors.toList());
            return some.size() < least ? List.of(one(of)) : some;
        }

        private String field(String name) {
            if (random.nextInt(12) == 0) {
                return name + ": " + one(List.of("undisclosed-recipients:;", "", "\"broken", "nobody", "Empty:;", "<>"))
                        + "\r\n";
            }
            List<String> mailboxes = some(PEOPLE, 0).stream().map(this::mailbox).toList();
            String list = String.join(random.nextBoolean() ? ", " : ",\r\n\t", mailboxes);
            return one(List.of(name, name, name.toUpperCase(Locale.ROOT), name + " ")) + ": "
                    + (random.nextInt(6) == 0 && mailboxes.size() > 1 ? "Friends: " + list + ";" : list) + "\r\n";
        }

        private String mailbox(String address) {
            String other = one(PEOPLE);
            String local = address.substring(0, address.indexOf('@'));
            String domain = address.substring(address.indexOf('@'));
            return one(List.of(
                    address,
                    address,
                    "<" + address + ">",
                    "A Name <" + address + ">",
                    "\"Name, A\" <" + address + ">",
                    address.toUpperCase(Locale.ROOT),
                    "\"" + other + "\" <" + address + ">",
                    other + " <" + address + ">",
                    address + " (note)",
                    "(" + other + ") " + address,
                    "=?utf-8?q?J=C3=B6rg?= <" + address + ">",
                    "=?utf-8?b?" + base64(other).strip() + "?= <" + address + ">",
                    "A\r\n <" + address + ">",
                    "\"" + local + "\"" + domain,
                    "<@route.example:" + address + ">",
                    local + " @ " + domain.substring(1),
                    "J\u00c3\u00b6rg <" + address + ">",
                    "\"a \\\" quote\" <" + address + ">"));
        }

        /** A part with its header, an empty line and its body. */
        private String part(int depth, boolean whole) {
            if (depth == 0 || random.nextInt(3) == 0) {
                return leaf();
            }
            if (!whole && random.nextInt(6) == 0) {
                return "Content-Type: message/rfc822\r\n\r\nTo: " + one(PEOPLE) + "\r\nBcc: " + one(PEOPLE)
                        + "\r\nSubject: inner\r\n" + part(depth - 1, true);
            }
            String boundary = "b" + boundaries++ + one(List.of("", "--", "=_x", " y z"));
            String subtype = one(List.of("mixed", "mixed", "alternative", "related", "signed", "report"));
            StringBuilder text =
                    new StringBuilder(one(List.of("Content-Type: multipart/", "content-type:\r\n MULTIPART/")) + subtype
                            + "; boundary=\"" + boundary + "\"\r\n\r\n" + one(List.of("", "preamble\r\n")));
            IntStream.range(0, 1 + random.nextInt(3))
                    .forEach(any -> text.append("--")
                            .append(boundary)
                            .append("\r\n")
                            .append(part(depth - 1, false))
                            .append("\r\n"));
            return text.append("--")
                    .append(boundary)
                    .append(random.nextInt(8) == 0 ? "" : "--")
                    .append("\r\n")
                    .toString();
        }

        private String leaf() {
            return switch (random.nextInt(7)) {
                case 0 -> "Content-Type: text/html\r\n\r\n<p>ATTENDEE:mailto:" + one(PEOPLE) + "</p>\r\n";
                case 1 ->
                    "Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                            + base64("\u0089PNG");
                case 2, 3, 4 -> calendar();
                default -> "Content-Type: text/plain\r\n\r\nDear\r\n";
            };
        }

        private String calendar() {
            List<String> lines = new ArrayList<>(List.of(
                    "BEGIN:VCALENDAR",
                    "METHOD:REQUEST",
                    "BEGIN:VEVENT",
                    "SUMMARY:Talk",
                    "ORGANIZER:mailto:" + one(PEOPLE)));
            some(PEOPLE, 0).forEach(person -> lines.add(attendee(person)));
            lines.addAll(List.of("DTSTART:20260101T100000Z", "END:VEVENT", "END:VCALENDAR", ""));
            // A calendar without attendees does not change the recipients. The property of mode listed is for messages
            // without any calendar.
            hasCalendar = true;
            String text = one(List.of("", "\r\n \r\n", "")) + String.join("\r\n", lines);
            String type = one(List.of(
                    "Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n",
                    "Content-Type: TEXT/Calendar\r\n",
                    "Content-Type: application/ics; name=invite.ics\r\n",
                    "Content-Disposition: attachment; filename=\"a.ICS\"\r\n",
                    "Content-Type: application/octet-stream; name=x\r\n",
                    "Content-Type: text/plain\r\n",
                    ""));
            return switch (random.nextInt(3)) {
                case 0 -> type + "Content-Transfer-Encoding: base64\r\n\r\n" + base64(text);
                case 1 ->
                    type + "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                            + text.replace("=", "=3D").replace("TT", "T=\r\nT");
                default -> type + "\r\n" + text;
            };
        }

        private String attendee(String person) {
            String line =
                    one(List.of("ATTENDEE:mailto:", "ATTENDEE;RSVP=TRUE;CN=\"A: B\":MAILTO:", "attendee;CN=x:mailto:"))
                            + person;
            int fold = 1 + random.nextInt(line.length() - 1);
            return random.nextInt(3) == 0 ? line.substring(0, fold) + "\r\n " + line.substring(fold) : line;
        }

        private static String base64(String text) {
            return Stream.of(Base64.getMimeEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)), "\r\n")
                    .collect(Collectors.joining());
        }
    }
}
