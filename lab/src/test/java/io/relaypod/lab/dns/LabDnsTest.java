package io.relaypod.lab.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

class LabDnsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration SHORT = Duration.ofMillis(200);

    private final LabDns dns = LabDns.serving(
            """
            $ORIGIN example.com.
            $TTL 300
            @      IN SOA ns.example.com. admin.example.com. 1 3600 600 86400 60
            @      IN MX  10 mx
            mx     IN A   192.0.2.1
            a.deep IN A   192.0.2.2
            alias  IN CNAME mx
            gone   IN CNAME nothing
            away   IN CNAME plain.test.
            round  IN CNAME about
            about  IN CNAME round
            *.wild IN MX 10 mx
            """,
            "plain.test. 300 IN A 192.0.2.3",
            "second.test. 300 IN SOA ns.second.test. admin.second.test. 1 3600 600 86400 60",
            "null.test. 300 IN MX 0 .",
            hundredMxRecords("many.test."));

    @AfterEach
    void stop() {
        dns.close();
    }

    @Test
    void answersWithAuthority() throws IOException {
        Message response = resolve("example.com.", Type.MX);

        assertThat(response.getRcode()).isEqualTo(Rcode.NOERROR);
        assertThat(response.getHeader().getFlag(Flags.AA)).isTrue();
        assertThat(answers(response)).containsExactly("10 mx.example.com.");
    }

    @Test
    void anAbsentNameIsNxdomainWithTheSoaOfItsZone() throws IOException {
        Message response = resolve("absent.example.com.", Type.MX);

        assertThat(response.getRcode()).isEqualTo(Rcode.NXDOMAIN);
        assertThat(soaOwner(response)).isEqualTo("example.com.");
    }

    @Test
    void aNameOutsideAllZonesIsNxdomainFromTheRoot() throws IOException {
        Message response = resolve("gmial.com.", Type.MX);

        assertThat(response.getRcode()).isEqualTo(Rcode.NXDOMAIN);
        assertThat(soaOwner(response)).isEqualTo(".");
    }

    @Test
    void aMissingTypeIsNodataWithTheSoa() throws IOException {
        Message response = resolve("mx.example.com.", Type.MX);

        assertThat(response.getRcode()).isEqualTo(Rcode.NOERROR);
        assertThat(answers(response)).isEmpty();
        assertThat(soaOwner(response)).isEqualTo("example.com.");
    }

    @Test
    void anEmptyNonTerminalIsNodata() throws IOException {
        assertThat(resolve("deep.example.com.", Type.MX).getRcode()).isEqualTo(Rcode.NOERROR);
        assertThat(resolve("test.", Type.MX).getRcode()).isEqualTo(Rcode.NOERROR);
        assertThat(resolve("b.deep.example.com.", Type.MX).getRcode()).isEqualTo(Rcode.NXDOMAIN);
    }

    @Test
    void aliasesAreFollowedWithinTheirZone() throws IOException {
        assertThat(answers(resolve("alias.example.com.", Type.A))).containsExactly("mx.example.com.", "192.0.2.1");
        assertThat(answers(resolve("alias.example.com.", Type.CNAME))).containsExactly("mx.example.com.");
    }

    @Test
    void anAliasToAnotherZoneIsLeftToTheClient() throws IOException {
        assertThat(answers(resolve("away.example.com.", Type.A))).containsExactly("plain.test.");
    }

    @Test
    void anAliasToANameThatDoesNotExistIsNxdomain() throws IOException {
        Message response = resolve("gone.example.com.", Type.A);

        assertThat(response.getRcode()).isEqualTo(Rcode.NXDOMAIN);
        assertThat(answers(response)).containsExactly("nothing.example.com.");
    }

    @Test
    void eachAliasOfALoopIsAnsweredOnce() throws IOException {
        assertThat(answers(resolve("round.example.com.", Type.A)))
                .containsExactly("about.example.com.", "round.example.com.");
    }

    @Test
    void aWildcardRecordHasTheNameOfTheQuery() throws IOException {
        Message response = resolve("any.thing.wild.example.com.", Type.MX);

        assertThat(answers(response)).containsExactly("10 mx.example.com.");
        assertThat(response.getSection(Section.ANSWER).get(0).getName()).hasToString("any.thing.wild.example.com.");
    }

    @Test
    void caseIsIgnoredAndEchoed() throws IOException {
        Message response = resolve("eXaMple.CoM.", Type.MX);

        assertThat(answers(response)).singleElement().asString().isEqualToIgnoringCase("10 mx.example.com.");
        assertThat(response.getQuestion().getName()).hasToString("eXaMple.CoM.");
        assertThat(response.getSection(Section.ANSWER).get(0).getName()).hasToString("eXaMple.CoM.");
        assertThat(dns.count("EXAMPLE.com", "mx")).isEqualTo(1);
    }

    @Test
    void aNullMxIsServed() throws IOException {
        assertThat(answers(resolve("null.test.", Type.MX))).containsExactly("0 .");
    }

    @Test
    void aLongAnswerIsTruncatedAt512BytesWithoutEdns() throws IOException {
        SimpleResolver resolver = resolver();
        resolver.setEDNS(-1);
        resolver.setIgnoreTruncation(true);

        Message response = resolver.send(query("many.test.", Type.MX));

        assertThat(response.getHeader().getFlag(Flags.TC)).isTrue();
        assertThat(response.numBytes()).isLessThanOrEqualTo(512);
    }

    @Test
    void anAnswerMayBeAsLargeAsTheClientsEdnsSize() throws IOException {
        SimpleResolver resolver = resolver();
        resolver.setEDNS(0, 4096, 0, List.of());
        resolver.setIgnoreTruncation(true);

        Message response = resolver.send(query("many.test.", Type.MX));

        assertThat(response.getHeader().getFlag(Flags.TC)).isFalse();
        assertThat(response.getSection(Section.ANSWER)).hasSize(100);
        assertThat(response.getOPT()).isInstanceOf(OPTRecord.class);
    }

    @Test
    void theWholeAnswerComesOverTcp() throws IOException {
        SimpleResolver resolver = resolver();
        resolver.setEDNS(-1);

        assertThat(resolver.send(query("many.test.", Type.MX)).getSection(Section.ANSWER))
                .hasSize(100);
        assertThat(dns.count("many.test", "MX")).as("by UDP, then by TCP").isEqualTo(2);
    }

    @Test
    void aNameCanAlwaysBeTruncated() throws IOException {
        dns.behave("plain.test", DnsBehaviour.truncate());

        assertThat(answers(resolve("plain.test.", Type.A))).containsExactly("192.0.2.3");
        assertThat(dns.count("plain.test", "A")).isEqualTo(2);
    }

    @Test
    void aSilentNameDelaysNoOther() throws IOException {
        dns.behave("silent.test", DnsBehaviour.silence());

        assertThatThrownBy(() -> resolve("x.silent.test.", Type.MX, SHORT)).isInstanceOf(IOException.class);
        assertThat(resolve("example.com.", Type.MX).getRcode()).isEqualTo(Rcode.NOERROR);
    }

    @Test
    void delaysRunInParallelAndDelayNoOtherName() throws Exception {
        dns.behave("delayed.test", DnsBehaviour.delay(Duration.ofMillis(300)));
        long start = System.nanoTime();

        List<CompletableFuture<Message>> delayed = IntStream.range(0, 50)
                .mapToObj(i -> resolver()
                        .sendAsync(query("n" + i + ".delayed.test.", Type.MX))
                        .toCompletableFuture())
                .toList();
        Message quick = resolve("example.com.", Type.MX);
        Duration quickTime = Duration.ofNanos(System.nanoTime() - start);
        for (CompletableFuture<Message> answer : delayed) {
            assertThat(answer.get(5, TimeUnit.SECONDS).getRcode()).isEqualTo(Rcode.NXDOMAIN);
        }
        Duration allTime = Duration.ofNanos(System.nanoTime() - start);

        assertThat(quick.getRcode()).isEqualTo(Rcode.NOERROR);
        assertThat(quickTime).isLessThan(allTime);
        assertThat(allTime).isBetween(Duration.ofMillis(300), Duration.ofSeconds(4));
    }

    @Test
    void theConfiguredErrorIsAnswered() throws IOException {
        dns.behave("servfail.test", DnsBehaviour.servfail());
        dns.behave("refused.test", DnsBehaviour.refused());

        assertThat(resolve("servfail.test.", Type.MX).getRcode()).isEqualTo(Rcode.SERVFAIL);
        assertThat(resolve("refused.test.", Type.MX).getRcode()).isEqualTo(Rcode.REFUSED);
    }

    @Test
    void aLameAnswerIsEmptyAndWithoutAuthority() throws IOException {
        dns.behave("example.com", DnsBehaviour.lame());

        Message response = resolve("example.com.", Type.MX);

        assertThat(response.getRcode()).isEqualTo(Rcode.NOERROR);
        assertThat(response.getHeader().getFlag(Flags.AA)).isFalse();
        assertThat(response.getSection(Section.ANSWER)).isEmpty();
        assertThat(response.getSection(Section.AUTHORITY)).isEmpty();
    }

    @Test
    void nodataCanBeAnsweredWithoutSoa() throws IOException {
        dns.behave("example.com", DnsBehaviour.nodataWithoutSoa());

        Message response = resolve("example.com.", Type.MX);

        assertThat(response.getHeader().getFlag(Flags.AA)).isTrue();
        assertThat(response.getSection(Section.ANSWER)).isEmpty();
        assertThat(response.getSection(Section.AUTHORITY)).isEmpty();
    }

    @Test
    void anAnswerWithAWrongIdIsTheOnlyOne() throws IOException {
        dns.behave("wrong.test", DnsBehaviour.wrongId());
        Message query = query("wrong.test.", Type.MX);

        try (DatagramSocket socket = sent(query.toWire())) {
            assertThat(new Message(received(socket)).getHeader().getID())
                    .isNotEqualTo(query.getHeader().getID());
            assertThatThrownBy(() -> received(socket)).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void garbageHasTheRightIdAndCannotBeParsed() throws IOException {
        dns.behave("garbage.test", DnsBehaviour.garbage());
        Message query = query("garbage.test.", Type.MX);

        try (DatagramSocket socket = sent(query.toWire())) {
            byte[] response = received(socket);
            assertThat((response[0] & 0xFF) << 8 | response[1] & 0xFF)
                    .isEqualTo(query.getHeader().getID());
            assertThatThrownBy(() -> new Message(response)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void anInvalidQueryIsAnsweredWithFormerrOrNotAtAll() throws IOException {
        byte[] noName = new byte[13];
        noName[5] = 1;
        noName[12] = 63;
        try (DatagramSocket socket = sent(noName)) {
            assertThat(new Message(received(socket)).getRcode()).isEqualTo(Rcode.FORMERR);
        }
        try (DatagramSocket socket = sent(new byte[] {1, 2, 3})) {
            assertThatThrownBy(() -> received(socket)).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void theBehaviourOfTheLongestSuffixApplies() throws IOException {
        dns.behave("test", DnsBehaviour.servfail());
        dns.behave("plain.test", DnsBehaviour.answer());

        assertThat(resolve("null.test.", Type.MX).getRcode()).isEqualTo(Rcode.SERVFAIL);
        assertThat(resolve("plain.test.", Type.A).getRcode()).isEqualTo(Rcode.NOERROR);
        dns.behaveNormally();
        assertThat(resolve("null.test.", Type.MX).getRcode()).isEqualTo(Rcode.NOERROR);
    }

    @Test
    void queriesAreCountedByNameAndType() throws IOException {
        resolve("Example.COM.", Type.MX);
        resolve("example.com.", Type.MX);
        resolve("example.com.", Type.A);

        assertThat(dns.queries())
                .containsOnly(
                        Map.entry(new DnsQuestion("example.com", "MX"), 2L),
                        Map.entry(new DnsQuestion("example.com", "A"), 1L));
        assertThat(dns.count("example.com")).isEqualTo(3);
        assertThat(dns.total()).isEqualTo(3);
        dns.reset();
        assertThat(dns.total()).isZero();
        assertThat(dns.queries()).isEmpty();
    }

    @Test
    void recordsCanBeReplacedWhileItRuns() throws IOException {
        dns.serve("new.test. IN MX 10 mx.new.test.");

        assertThat(answers(resolve("new.test.", Type.MX))).containsExactly("10 mx.new.test.");
        assertThat(resolve("example.com.", Type.MX).getRcode()).isEqualTo(Rcode.NXDOMAIN);
    }

    @Test
    void anInvalidZoneIsRejected() {
        assertThatThrownBy(() -> LabDns.serving("example.com. IN MX ten"))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("not a master file");
    }

    @Test
    void aFloodOfQueriesIsAnswered() throws Exception {
        SimpleResolver resolver = resolver();
        int queries = 2_000;

        List<CompletableFuture<Message>> answers = IntStream.range(0, queries)
                .mapToObj(i -> resolver.sendAsync(query("flood" + i + ".test.", Type.MX))
                        .toCompletableFuture())
                .toList();

        for (CompletableFuture<Message> answer : answers) {
            assertThat(answer.get(10, TimeUnit.SECONDS).getRcode()).isEqualTo(Rcode.NXDOMAIN);
        }
        assertThat(dns.total()).isGreaterThanOrEqualTo(queries);
    }

    private Message resolve(String name, int type) throws IOException {
        return resolve(name, type, PATIENCE);
    }

    private Message resolve(String name, int type, Duration patience) throws IOException {
        SimpleResolver resolver = resolver();
        resolver.setTimeout(patience);
        return resolver.send(query(name, type));
    }

    private SimpleResolver resolver() {
        SimpleResolver resolver = new SimpleResolver(dns.address());
        resolver.setTimeout(PATIENCE);
        return resolver;
    }

    private DatagramSocket sent(byte[] query) throws IOException {
        DatagramSocket socket = new DatagramSocket();
        socket.setSoTimeout((int) SHORT.toMillis());
        socket.send(new DatagramPacket(query, query.length, dns.address()));
        return socket;
    }

    private static byte[] received(DatagramSocket socket) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
        socket.receive(packet);
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    private static Message query(String name, int type) {
        return Message.newQuery(Record.newRecord(Name.fromConstantString(name), type, DClass.IN));
    }

    private static List<String> answers(Message response) {
        return rdata(response, Section.ANSWER).toList();
    }

    private static String soaOwner(Message response) {
        return response.getSection(Section.AUTHORITY).get(0).getName().toString();
    }

    private static Stream<String> rdata(Message response, int section) {
        return response.getSection(section).stream().map(Record::rdataToString);
    }

    private static String hundredMxRecords(String owner) {
        return IntStream.range(0, 100)
                .mapToObj(i -> owner + " 300 IN MX " + i + " mx" + i + "." + owner)
                .collect(Collectors.joining("\n"));
    }
}
