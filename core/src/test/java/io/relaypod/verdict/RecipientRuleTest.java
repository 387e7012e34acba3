package io.relaypod.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.verdict.DomainVerdict.Allowed;
import io.relaypod.verdict.DomainVerdict.Denied;
import io.relaypod.verdict.DomainVerdict.HasMx;
import io.relaypod.verdict.DomainVerdict.ImplicitMx;
import io.relaypod.verdict.DomainVerdict.NoMailHost;
import io.relaypod.verdict.DomainVerdict.NotAsked;
import io.relaypod.verdict.DomainVerdict.NullMx;
import io.relaypod.verdict.DomainVerdict.OwnHost;
import io.relaypod.verdict.DomainVerdict.Unknown;
import io.relaypod.verdict.DomainVerdict.UnreachableMx;
import io.relaypod.verdict.DomainVerdict.UnusableImplicitMx;
import io.relaypod.verdict.MxSettings.OnDnsFailure;
import io.relaypod.verdict.RecipientAnswer.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipientRuleTest {

    private static final DomainVerdict MX = new HasMx(List.of("mx.example.com"));

    private final List<MailDomain> asked = new ArrayList<>();

    static Stream<Arguments> table() {
        return Stream.of(
                Arguments.of(MX, Outcome.MX, 250, ""),
                Arguments.of(new ImplicitMx(List.of("2001:db8::1")), Outcome.IMPLICIT_MX, 250, ""),
                Arguments.of(
                        new NoMailHost(false),
                        Outcome.NO_MAIL_HOST,
                        550,
                        "5.1.2 Bad destination mailbox address - domain has no MX record"),
                Arguments.of(
                        new NoMailHost(true),
                        Outcome.NO_MAIL_HOST,
                        550,
                        "5.1.2 Bad destination mailbox address - domain has no MX record"),
                Arguments.of(new NullMx(), Outcome.NULL_MX, 556, "5.1.10 Recipient address has null MX"),
                Arguments.of(
                        new UnreachableMx(List.of("mx.example.com")),
                        Outcome.UNREACHABLE_MX,
                        550,
                        "5.1.2 Bad destination mailbox address - no mail host of this domain can be reached"),
                Arguments.of(
                        new UnusableImplicitMx(List.of("127.0.0.1")),
                        Outcome.UNREACHABLE_MX,
                        550,
                        "5.1.2 Bad destination mailbox address - no mail host of this domain can be reached"),
                Arguments.of(
                        new OwnHost(),
                        Outcome.NO_MAILBOX,
                        550,
                        "5.1.1 Bad destination mailbox address - no mailbox is here but postmaster"),
                Arguments.of(new Allowed(), Outcome.ALLOWED, 250, ""),
                Arguments.of(
                        new Denied(),
                        Outcome.DENIED,
                        550,
                        "5.1.2 Bad destination mailbox address - this domain is not accepted here"),
                Arguments.of(new NotAsked(), Outcome.DNS_BUSY, 451, "4.4.3 Temporary DNS failure, try again later"),
                Arguments.of(
                        new Unknown("SERVFAIL"),
                        Outcome.DNS_FAILURE,
                        451,
                        "4.4.3 Temporary DNS failure, try again later"));
    }

    @ParameterizedTest
    @MethodSource("table")
    void eachVerdictHasItsAnswer(DomainVerdict verdict, Outcome outcome, int code, String text) {
        RecipientAnswer answer = answer(rule(verdict, OnDnsFailure.TRY_LATER, false), "somebody", "example.com");

        assertThat(answer).isEqualTo(new RecipientAnswer(outcome, code, text));
        assertThat(answer.isAccepted()).isEqualTo(code == 250);
        assertThat(answer.isTemporary()).isEqualTo(code == 451);
        assertThat(asked).containsExactly(new MailDomain("example.com"));
    }

    @ParameterizedTest
    @MethodSource("table")
    void acceptingDnsFailuresLetsThoseThroughUncheckedAndNothingElse(
            DomainVerdict verdict, Outcome outcome, int code, String text) {
        assertThat(answer(rule(verdict, OnDnsFailure.ACCEPT, false), "somebody", "example.com"))
                .isEqualTo(
                        verdict instanceof Unknown
                                ? new RecipientAnswer(Outcome.UNCHECKED, 250, "")
                                : new RecipientAnswer(outcome, code, text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[192.0.2.1]", "192.0.2.1", "[IPv6:2001:db8::1]", "[anything]", "[]"})
    void anAddressLiteralIsRefusedWithoutAskingDns(String literal) {
        assertThat(answer(rule(MX, OnDnsFailure.ACCEPT, false), "somebody", literal))
                .isEqualTo(new RecipientAnswer(
                        Outcome.REFUSED_LITERAL,
                        550,
                        "5.1.2 Bad destination mailbox address - address literals are not accepted"));
        assertThat(asked).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[192.0.2.1]", "192.0.2.1", "[IPv6:2001:db8::1]"})
    void anAddressLiteralIsAcceptedWhereThatIsAllowed(String literal) {
        assertThat(answer(rule(new NoMailHost(false), OnDnsFailure.TRY_LATER, true), "somebody", literal))
                .isEqualTo(new RecipientAnswer(Outcome.ADDRESS_LITERAL, 250, ""));
        assertThat(asked).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1.2.3.example", "1.2.3", "1.2.3.4.5", "a1.2.3.4"})
    void aNameThatOnlyLooksLikeAnAddressIsAskedFor(String domain) {
        assertThat(answer(rule(MX, OnDnsFailure.TRY_LATER, false), "somebody", domain)
                        .outcome())
                .isEqualTo(Outcome.MX);
        assertThat(asked).containsExactly(new MailDomain(domain));
    }

    @ParameterizedTest
    @CsvSource({"postmaster,localhost", "Postmaster,LOCALHOST", "POSTMASTER,localhost."})
    void postmasterIsAcceptedWithoutADomain(String localPart, String domain) {
        assertThat(answer(rule(new NoMailHost(false), OnDnsFailure.TRY_LATER, false), localPart, domain))
                .isEqualTo(new RecipientAnswer(Outcome.LOCAL_POSTMASTER, 250, ""));
        assertThat(asked).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"somebody,localhost", "postmaster2,LOCALHOST", "root,localhost."})
    void nobodyElseIsHere(String localPart, String domain) {
        assertThat(answer(rule(MX, OnDnsFailure.ACCEPT, false), localPart, domain))
                .isEqualTo(new RecipientAnswer(
                        Outcome.NO_MAILBOX,
                        550,
                        "5.1.1 Bad destination mailbox address - no mailbox is here but postmaster"));
        assertThat(asked).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"postmaster,example.com", "postmaster,localhost.localdomain"})
    void postmasterElsewhereIsAnyRecipient(String localPart, String domain) {
        assertThat(answer(rule(new NoMailHost(false), OnDnsFailure.TRY_LATER, false), localPart, domain)
                        .code())
                .isEqualTo(550);
        assertThat(asked).containsExactly(new MailDomain(domain));
    }

    @ParameterizedTest
    @EnumSource(OnDnsFailure.class)
    void aDomainThatCannotExistIsRefusedWithoutAskingDns(OnDnsFailure onDnsFailure) {
        RecipientRule rule = rule(MX, onDnsFailure, true);

        for (String impossible : List.of(
                "", ".", "a..b", "a b.example", "\u0000", "a".repeat(64) + ".example", "x.".repeat(127) + "xx")) {
            assertThat(answer(rule, "somebody", impossible))
                    .as(impossible)
                    .isEqualTo(new RecipientAnswer(
                            Outcome.BAD_DOMAIN,
                            553,
                            "5.1.3 Bad destination mailbox address - no such domain can exist"));
        }
        assertThat(asked).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"EXAMPLE.com", "example.com.", "Example.Com."})
    void dnsIsAskedForTheCanonicalSpelling(String written) {
        answer(rule(MX, OnDnsFailure.TRY_LATER, false), "somebody", written);

        assertThat(asked).containsExactly(new MailDomain("example.com"));
    }

    @ParameterizedTest
    @CsvSource({
        "root, NO_MAILBOX",
        "nagios@localhost, NO_MAILBOX",
        "postmaster, LOCAL_POSTMASTER",
        "a@my_host_1, MX",
        "a@example.com., MX",
        "a@b\u00fccher.example, MX",
        "\u00e4@example.com, NEEDS_SMTPUTF8",
        "\u00e4, NEEDS_SMTPUTF8",
        "a@[192.0.2.1], REFUSED_LITERAL",
        "a@[IPv6:2001:db8::1], REFUSED_LITERAL",
        "a b@example.com, BAD_ADDRESS",
        "a..b@example.com, BAD_ADDRESS",
        "a@b..example, BAD_ADDRESS",
        "@example.com, BAD_ADDRESS",
        "a@, BAD_ADDRESS",
        "a@[example.com], BAD_ADDRESS"
    })
    void aWholeAddressIsJudged(String address, Outcome outcome) {
        assertThat(rule(MX, OnDnsFailure.TRY_LATER, false)
                        .answer(address, ClientNetwork.OPERATOR)
                        .toCompletableFuture()
                        .join()
                        .outcome())
                .isEqualTo(outcome);
    }

    @Test
    void theAnswerWaitsForDnsAndNobodyForTheAnswer() {
        CompletableFuture<DomainVerdict> slow = new CompletableFuture<>();
        MxSettings settings = MxSettingsFixture.rule(OnDnsFailure.TRY_LATER, false);
        RecipientRule rule = new RecipientRule((domain, client) -> slow, settings, ProviderSuggestions.of(settings));
        CompletableFuture<RecipientAnswer> answer =
                rule.answer("somebody", "example.com", ClientNetwork.OPERATOR).toCompletableFuture();

        assertThat(answer).isNotDone();
        slow.complete(new NullMx());
        assertThat(answer).isCompletedWithValueMatching(given -> given.code() == 556);
    }

    private RecipientRule rule(DomainVerdict verdict, OnDnsFailure onDnsFailure, boolean allowLiterals) {
        MxSettings settings = MxSettingsFixture.rule(onDnsFailure, allowLiterals);
        return new RecipientRule(
                (domain, client) -> {
                    asked.add(domain);
                    return CompletableFuture.completedFuture(verdict);
                },
                settings,
                ProviderSuggestions.of(settings));
    }

    private static RecipientAnswer answer(RecipientRule rule, String localPart, String domain) {
        return rule.answer(localPart, domain, ClientNetwork.OPERATOR)
                .toCompletableFuture()
                .join();
    }
}
