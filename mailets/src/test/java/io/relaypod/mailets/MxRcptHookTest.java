package io.relaypod.mailets;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.relaypod.address.MailDomain;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.verdict.DomainCheck;
import io.relaypod.verdict.DomainVerdict;
import io.relaypod.verdict.DomainVerdict.HasMx;
import io.relaypod.verdict.DomainVerdict.ImplicitMx;
import io.relaypod.verdict.DomainVerdict.NoMailHost;
import io.relaypod.verdict.DomainVerdict.NullMx;
import io.relaypod.verdict.DomainVerdict.Unknown;
import io.relaypod.verdict.MxSettings;
import io.relaypod.verdict.MxSettings.OnDnsFailure;
import io.relaypod.verdict.ProviderSuggestions;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;
import io.relaypod.verdict.RecipientRule;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MxRcptHookTest {

    private static final Map<MailDomain, DomainVerdict> DNS = Map.of(
            new MailDomain("good.example"), new HasMx(List.of("mx.good.example")),
            new MailDomain("plain.example"), new ImplicitMx(List.of("192.0.2.1")),
            new MailDomain("null.example"), new NullMx(),
            new MailDomain("servfail.example"), new Unknown("SERVFAIL"));

    private final List<MailDomain> asked = new ArrayList<>();
    private final List<MailEvent> published = new ArrayList<>();
    private final FakeSmtpSession session = new FakeSmtpSession(true);
    private final MxRcptHook hook = hook(OnDnsFailure.TRY_LATER);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "somebody@good.example",
                "somebody@plain.example",
                "SomeBody@GOOD.Example",
                "postmaster@localhost"
            })
    void aRecipientThatCanBeReachedIsLeftToTheHooksBehind(String recipient) throws Exception {
        assertThat(rcpt(recipient)).isEqualTo(HookResult.DECLINED);
    }

    @Test
    void aDomainWithoutAMailHostIsRefusedForGood() throws Exception {
        assertRefused(
                rcpt("user@gmial.com"),
                HookReturnCode.deny(),
                "550",
                "5.1.2 Bad destination mailbox address - domain has no MX record");
    }

    @Test
    void eachRecipientIsToldWithItsSenderAndVerdict() throws Exception {
        rcpt("user@gmial.com");
        rcpt("user@good.example");

        assertThat(published)
                .satisfiesExactly(
                        event -> assertThat(event).isInstanceOfSatisfying(RecipientRefused.class, refused -> {
                            assertThat(refused.recipient()).isEqualTo("user@gmial.com");
                            assertThat(refused.sender()).isEqualTo("sender@good.example");
                            assertThat(refused.answer().outcome()).isEqualTo(Outcome.NO_MAIL_HOST);
                            assertThat(refused.client().session()).isEqualTo(session.getSessionID());
                        }),
                        event -> assertThat(event)
                                .isInstanceOfSatisfying(
                                        RecipientAccepted.class,
                                        accepted ->
                                                assertThat(accepted.recipient()).isEqualTo("user@good.example")));
    }

    @Test
    void aNullMxIsRefusedForGood() throws Exception {
        assertRefused(rcpt("user@null.example"), HookReturnCode.deny(), "556", "5.1.10 Recipient address has null MX");
    }

    @Test
    void aDnsFailureIsRefusedForNow() throws Exception {
        assertRefused(
                rcpt("user@servfail.example"),
                HookReturnCode.denySoft(),
                "451",
                "4.4.3 Temporary DNS failure, try again later");
    }

    @Test
    void aDnsFailureIsAcceptedWhereThatIsSet() throws Exception {
        assertThat(hook(OnDnsFailure.ACCEPT)
                        .doRcpt(session, MaybeSender.nullSender(), new MailAddress("user@servfail.example")))
                .isEqualTo(HookResult.DECLINED);
        assertThat(outcomes()).containsExactly(Outcome.UNCHECKED);
    }

    @Test
    void anAddressLiteralIsRefusedForGood() throws Exception {
        assertRefused(
                rcpt("user@[192.0.2.1]"),
                HookReturnCode.deny(),
                "550",
                "5.1.2 Bad destination mailbox address - address literals are not accepted");
        assertThat(asked).isEmpty();
    }

    @Test
    void aStrangerMakesUsAskNothing() throws Exception {
        HookResult result =
                hook.doRcpt(new FakeSmtpSession(false), MaybeSender.nullSender(), new MailAddress("user@gmial.com"));

        assertThat(result).as("left to the relaying rule").isEqualTo(HookResult.DECLINED);
        assertThat(asked).isEmpty();
        assertThat(outcomes()).isEmpty();
    }

    @Test
    void nobodyWaitsForDnsAndTheSessionIsTouchedOnlyByWhoTakesTheAnswer() throws Exception {
        CompletableFuture<DomainVerdict> dns = new CompletableFuture<>();
        MailAddress recipient = new MailAddress("user@gmial.com");

        CompletableFuture<Supplier<HookResult>> asked = hook(OnDnsFailure.TRY_LATER, (domain, client) -> dns)
                .ask(session, recipient)
                .toCompletableFuture();
        assertThat(asked).isNotDone();
        dns.complete(new NoMailHost(false));

        assertThat(asked).isDone();
        assertThat(published).isEmpty();
        assertRefused(
                asked.join().get(),
                HookReturnCode.deny(),
                "550",
                "5.1.2 Bad destination mailbox address - domain has no MX record");
        assertThat(published).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\\(b@good.example", "\"\\\\\"@good.example", "a\\,b@good.example"})
    void whatTheWayOutCannotWriteIsRefusedAndNotAskedFor(String unsendable) throws Exception {
        MailAddress recipient = new MailAddress(unsendable);
        assertThat(recipient.toInternetAddress()).as("what this test is about").isEmpty();

        assertRefused(
                hook.doRcpt(session, MaybeSender.nullSender(), recipient),
                HookReturnCode.deny(),
                "553",
                "5.1.3 Bad destination mailbox address syntax");
        assertThat(asked).isEmpty();
        assertThat(outcomes()).containsExactly(Outcome.BAD_ADDRESS);
    }

    @Test
    void eachRecipientIsToldWithItsOutcome() throws Exception {
        for (String recipient : List.of(
                "a@good.example",
                "a@plain.example",
                "a@gmial.com",
                "a@null.example",
                "a@servfail.example",
                "a@[192.0.2.1]",
                "postmaster@localhost")) {
            rcpt(recipient);
        }

        assertThat(outcomes())
                .containsExactly(
                        Outcome.MX,
                        Outcome.IMPLICIT_MX,
                        Outcome.NO_MAIL_HOST,
                        Outcome.NULL_MX,
                        Outcome.DNS_FAILURE,
                        Outcome.REFUSED_LITERAL,
                        Outcome.LOCAL_POSTMASTER);
    }

    @Test
    void theSenderDoesNotMatter() throws Exception {
        assertThat(hook.doRcpt(
                        session, MaybeSender.of(new MailAddress("a@gmial.com")), new MailAddress("a@good.example")))
                .isEqualTo(HookResult.DECLINED);
    }

    private List<Outcome> outcomes() {
        return published.stream()
                .map(event -> event instanceof RecipientAccepted accepted
                        ? accepted.answer()
                        : ((RecipientRefused) event).answer())
                .map(RecipientAnswer::outcome)
                .toList();
    }

    private HookResult rcpt(String recipient) throws Exception {
        MaybeSender sender = MaybeSender.of(new MailAddress("sender@good.example"));
        session.setAttachment(SMTPSession.SENDER, sender, State.Transaction);
        return hook.doRcpt(session, sender, new MailAddress(recipient));
    }

    private MxRcptHook hook(OnDnsFailure onDnsFailure) {
        return hook(onDnsFailure, (domain, client) -> {
            asked.add(domain);
            return CompletableFuture.completedFuture(DNS.getOrDefault(domain, new NoMailHost(false)));
        });
    }

    private MxRcptHook hook(OnDnsFailure onDnsFailure, DomainCheck domains) {
        MxSettings settings = new MxSettings(
                Duration.ofHours(1),
                Duration.ofDays(1),
                1_000,
                256,
                onDnsFailure,
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty());
        return new MxRcptHook(new RecipientRule(domains, settings, ProviderSuggestions.of(settings)), published::add);
    }

    private static void assertRefused(HookResult result, HookReturnCode action, String code, String text) {
        assertThat(result.getResult()).isEqualTo(action);
        assertThat(result.getSmtpRetCode()).isEqualTo(code);
        assertThat(result.getSmtpDescription()).isEqualTo(text);
    }
}
