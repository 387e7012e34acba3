package io.relaypod.dns;

import static io.relaypod.dns.ScriptedDnsServer.reply;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.relaypod.dns.DnsAnswer.MxRecords;
import io.relaypod.dns.DnsAnswer.NoSuchName;
import io.relaypod.dns.DnsFailover.DnsServerReport;
import io.relaypod.dns.ScriptedDnsServer.Script;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/** Queries over real sockets to servers that follow a script. */
class DnsFailoverTest {

    private static final Duration TIMEOUT = Duration.ofMillis(300);
    private static final int TRIES = 2;
    private static final Name DOMAIN = Name.fromConstantString("mx.example.");
    private static final Script SILENT = query -> List.of();
    private static final Script SERVFAIL = query -> List.of(reply(query, Rcode.SERVFAIL));
    private static final Script ANSWERING = query -> List.of(reply(query, Rcode.NOERROR, mx("true.example.")));

    @Test
    void aForgedReplyDoesNotSupplantTheTrueOneBehindIt() throws IOException {
        try (ScriptedDnsServer server = new ScriptedDnsServer(query -> {
            int id = query.getHeader().getID();
            Record asked = query.getQuestion();
            Record other = Record.newRecord(Name.fromString("other.example."), asked.getType(), DClass.IN);
            Record otherType = Record.newRecord(asked.getName(), Type.TXT, DClass.IN);
            Message noReply = reply(query, Rcode.NXDOMAIN);
            noReply.getHeader().unsetFlag(Flags.QR);
            return List.of(
                    reply(query, id ^ 1, asked, Rcode.NXDOMAIN),
                    reply(query, id, other, Rcode.NXDOMAIN),
                    reply(query, id, otherType, Rcode.NXDOMAIN),
                    noReply,
                    reply(query, Rcode.NOERROR, mx("true.example.")),
                    reply(query, Rcode.NXDOMAIN));
        })) {
            assertThat(hosts(ask(server))).containsExactly("true.example.");
        }
    }

    @Test
    void eachTryHasAnIdOfItsOwn() throws IOException {
        try (ScriptedDnsServer server = new ScriptedDnsServer(SERVFAIL);
                StandaloneDns dns = dns(server.address())) {
            for (int question = 0; question < 10; question++) {
                assertThat(failure(dns)).isInstanceOf(IOException.class);
            }
            List<Integer> ids = server.queries().stream()
                    .map(query -> query.getHeader().getID())
                    .toList();
            assertThat(ids).hasSizeGreaterThanOrEqualTo(10 * TRIES);
            // Of 65536 two may be the same by chance.
            assertThat(Set.copyOf(ids)).hasSizeGreaterThan(ids.size() - 3);
        }
    }

    @Test
    void aTruncatedReplyIsQueriedAgainOverTcp() throws IOException {
        try (ScriptedDnsServer server = new ScriptedDnsServer(DnsFailoverTest::truncated, ANSWERING)) {
            assertThat(hosts(ask(server))).containsExactly("true.example.");
        }
    }

    @Test
    void theMxOfATruncatedReplyIsEnoughIfTcpFails() throws IOException {
        try (ScriptedDnsServer server = new ScriptedDnsServer(
                query -> {
                    Message partial = reply(query, Rcode.NOERROR, mx("first.example."));
                    partial.getHeader().setFlag(Flags.TC);
                    return List.of(partial);
                },
                SILENT)) {
            assertThat(hosts(ask(server))).containsExactly("first.example.");
        }
    }

    @Test
    void aReplyOverTcpToAnotherQueryIsNotBelieved() throws IOException {
        try (ScriptedDnsServer server = new ScriptedDnsServer(
                        DnsFailoverTest::truncated,
                        query -> List.of(
                                reply(query, query.getHeader().getID() ^ 1, query.getQuestion(), Rcode.NXDOMAIN)));
                StandaloneDns dns = dns(server.address())) {
            assertThat(failure(dns)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void theNextServerIsAskedIfOneFailsAndThenFirst() throws IOException {
        try (ScriptedDnsServer failing = new ScriptedDnsServer(SERVFAIL);
                ScriptedDnsServer answering = new ScriptedDnsServer(ANSWERING);
                StandaloneDns dns = dns(failing.address(), answering.address())) {
            assertThat(hosts(dns.servers().ask(DOMAIN, Type.MX).join())).containsExactly("true.example.");
            int asked = failing.queries().size();

            dns.servers().ask(DOMAIN, Type.MX).join();

            assertThat(failing.queries()).hasSize(asked);
            assertThat(answering.queries()).hasSize(2);
        }
    }

    @Test
    void silenceIsATimeout() throws IOException {
        try (ScriptedDnsServer server = new ScriptedDnsServer(SILENT);
                StandaloneDns dns = dns(server.address())) {
            assertThat(failure(dns)).isInstanceOf(SocketTimeoutException.class);
            assertThat(server.queries()).hasSize(TRIES);
        }
    }

    @Test
    void aServerWithoutEdnsIsAskedWithoutItFromThenOn() throws IOException {
        try (ScriptedDnsServer server = new ScriptedDnsServer(query ->
                        query.getOPT() == null ? ANSWERING.replies(query) : List.of(reply(query, Rcode.FORMERR)));
                StandaloneDns dns = dns(server.address())) {
            assertThat(hosts(dns.servers().ask(DOMAIN, Type.MX).join())).containsExactly("true.example.");
            dns.servers().ask(DOMAIN, Type.MX).join();

            assertThat(server.queries()).hasSize(3);
            assertThat(dns.servers().remarks()).singleElement().asString().contains("EDNS");
        }
    }

    @Test
    void aDenialIsAnAnswer() throws IOException {
        try (ScriptedDnsServer server = new ScriptedDnsServer(query -> List.of(reply(query, Rcode.NXDOMAIN)))) {
            assertThat(ask(server)).isEqualTo(new NoSuchName(false));
        }
    }

    @Test
    void theReportNamesTheServersThatDoNotAnswer() throws IOException {
        try (ScriptedDnsServer silent = new ScriptedDnsServer(SILENT);
                ScriptedDnsServer answering = new ScriptedDnsServer(query -> List.of(reply(
                        query, Rcode.NOERROR, new NSRecord(Name.root, DClass.IN, 300, Name.fromString("a.root.")))));
                StandaloneDns dns = dns(silent.address(), answering.address())) {
            List<DnsServerReport> reports = dns.servers().check().join();

            assertThat(reports).extracting(DnsServerReport::isUsable).containsExactly(false, true);
            assertThat(reports.get(0).words())
                    .contains(Integer.toString(silent.address().getPort()));
        }
    }

    @Test
    void manyQueriesAtOnceAreEachAnswered() throws IOException {
        try (ScriptedDnsServer server = new ScriptedDnsServer(query -> List.of(reply(
                        query,
                        Rcode.NOERROR,
                        new MXRecord(
                                query.getQuestion().getName(),
                                DClass.IN,
                                300,
                                10,
                                query.getQuestion().getName()))));
                StandaloneDns dns = dns(server.address())) {
            List<CompletableFuture<DnsAnswer>> answers = Stream.iterate(0, i -> i + 1)
                    .limit(200)
                    .map(i -> dns.servers().ask(Name.fromConstantString("d" + i + ".example."), Type.MX))
                    .toList();

            assertThat(answers.stream().flatMap(answer -> hosts(answer.join()).stream()))
                    .hasSize(200)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void aServerWithoutAnAddressFails() {
        try (StandaloneDns dns = dns(InetSocketAddress.createUnresolved("nowhere.invalid", 53))) {
            assertThat(failure(dns)).isInstanceOf(IOException.class);
        }
    }

    private static List<Message> truncated(Message query) {
        Message empty = reply(query, Rcode.NOERROR);
        empty.getHeader().setFlag(Flags.TC);
        return List.of(empty);
    }

    private static MXRecord mx(String host) {
        return new MXRecord(DOMAIN, DClass.IN, 300, 10, Name.fromConstantString(host));
    }

    private static StandaloneDns dns(InetSocketAddress... servers) {
        return new StandaloneDns(new DnsSettings(List.of(servers), TIMEOUT, TRIES));
    }

    private static DnsAnswer ask(ScriptedDnsServer server) {
        try (StandaloneDns dns = dns(server.address())) {
            return dns.servers().ask(DOMAIN, Type.MX).join();
        }
    }

    private static Throwable failure(StandaloneDns dns) {
        return dns.servers()
                .ask(DOMAIN, Type.MX)
                .handle((answer, failure) -> failure)
                .join();
    }

    private static List<String> hosts(DnsAnswer answer) {
        return ((MxRecords) answer).usable().stream().map(Name::toString).collect(Collectors.toList());
    }
}
