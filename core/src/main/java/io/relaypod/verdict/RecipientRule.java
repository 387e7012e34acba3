package io.relaypod.verdict;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;

import io.relaypod.address.EnvelopeAddress;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.verdict.DomainVerdict.Allowed;
import io.relaypod.verdict.DomainVerdict.Denied;
import io.relaypod.verdict.DomainVerdict.HasMx;
import io.relaypod.verdict.DomainVerdict.ImplicitMx;
import io.relaypod.verdict.DomainVerdict.NotAsked;
import io.relaypod.verdict.DomainVerdict.NullMx;
import io.relaypod.verdict.DomainVerdict.OwnHost;
import io.relaypod.verdict.DomainVerdict.Unknown;
import io.relaypod.verdict.DomainVerdict.UnreachableMx;
import io.relaypod.verdict.DomainVerdict.UnusableImplicitMx;
import io.relaypod.verdict.MxSettings.OnDnsFailure;
import io.relaypod.verdict.RecipientAnswer.Outcome;

/** The RCPT rule: a recipient is accepted if its domain can receive mail. Thread-safe; no thread waits for DNS. */
public final class RecipientRule {

    // RFC 5321 4.1.3. An address of James has an IPv4 literal without brackets. A dotted quad is no DNS name.
    private static final Pattern ADDRESS_LITERAL = Pattern.compile("\\[.*]|\\d{1,3}(\\.\\d{1,3}){3}");

    // RFC 5321 4.5.1 requires postmaster to be accepted without a domain. James adds its default domain.
    private static final MailDomain LOCAL = new MailDomain(EnvelopeAddress.LOCAL);

    private static final String BAD_DESTINATION = "5.1.2 Bad destination mailbox address - ";

    private static final RecipientAnswer NO_MAIL_HOST =
            RecipientAnswer.refuse(Outcome.NO_MAIL_HOST, 550, BAD_DESTINATION + "domain has no MX record");
    private static final RecipientAnswer UNREACHABLE_MX = RecipientAnswer.refuse(
            Outcome.UNREACHABLE_MX, 550, BAD_DESTINATION + "no mail host of this domain can be reached");
    private static final RecipientAnswer DENIED =
            RecipientAnswer.refuse(Outcome.DENIED, 550, BAD_DESTINATION + "this domain is not accepted here");
    private static final RecipientAnswer REFUSED_LITERAL =
            RecipientAnswer.refuse(Outcome.REFUSED_LITERAL, 550, BAD_DESTINATION + "address literals are not accepted");
    private static final RecipientAnswer NULL_MX =
            RecipientAnswer.refuse(Outcome.NULL_MX, 556, "5.1.10 Recipient address has null MX");
    private static final RecipientAnswer NO_MAILBOX = RecipientAnswer.refuse(
            Outcome.NO_MAILBOX, 550, "5.1.1 Bad destination mailbox address - no mailbox is here but postmaster");
    private static final RecipientAnswer BAD_DOMAIN = RecipientAnswer.refuse(
            Outcome.BAD_DOMAIN, 553, "5.1.3 Bad destination mailbox address - no such domain can exist");
    private static final RecipientAnswer DNS_FAILURE =
            RecipientAnswer.refuse(Outcome.DNS_FAILURE, 451, "4.4.3 Temporary DNS failure, try again later");
    private static final RecipientAnswer DNS_BUSY =
            RecipientAnswer.refuse(Outcome.DNS_BUSY, 451, "4.4.3 Temporary DNS failure, try again later");

    private final DomainCheck domains;
    private final OnDnsFailure onDnsFailure;
    private final boolean allowAddressLiterals;
    private final ProviderSuggestions suggestions;

    /**
     * @param domains checks the domain of each recipient
     * @param suggestions suggests a domain for a refused one
     */
    public RecipientRule(DomainCheck domains, MxSettings settings, ProviderSuggestions suggestions) {
        this.domains = domains;
        this.onDnsFailure = settings.onDnsFailure();
        this.allowAddressLiterals = settings.allowAddressLiterals();
        this.suggestions = suggestions;
    }

    /**
     * Judges a whole address.
     *
     * @param address the text between the brackets of RCPT
     * @param client whose share of DNS is used
     * @return the answer, as {@link #answer(String, String, ClientNetwork)} gives it
     */
    public CompletionStage<RecipientAnswer> answer(String address, ClientNetwork client) {
        if (EnvelopeAddress.needsSmtpUtf8(address)) {
            return done(RecipientAnswer.NEEDS_SMTPUTF8);
        }
        return EnvelopeAddress.parse(address)
                .map(read -> answer(read.localPart(), read.domain(), client))
                .orElseGet(() -> done(RecipientAnswer.BAD_ADDRESS));
    }

    /**
     * Judges the domain of an address that can be sent on.
     *
     * @param localPart the part before the {@code @}
     * @param domain the part after it, with or without the brackets of an address literal
     * @param client whose share of DNS is used
     * @return the answer, within the bound of {@link DomainCheck} and never exceptionally
     */
    public CompletionStage<RecipientAnswer> answer(String localPart, String domain, ClientNetwork client) {
        if (mayBeLiteral(domain) && ADDRESS_LITERAL.matcher(domain).matches()) {
            return done(allowAddressLiterals ? RecipientAnswer.accept(Outcome.ADDRESS_LITERAL) : REFUSED_LITERAL);
        }
        return MailDomain.parse(domain)
                .map(parsed -> parsed.equals(LOCAL) && !localPart.isEmpty()
                        ? done(
                                localPart.equalsIgnoreCase("postmaster")
                                        ? RecipientAnswer.accept(Outcome.LOCAL_POSTMASTER)
                                        : NO_MAILBOX)
                        : domains.verdict(parsed, client).thenApply(verdict -> answer(parsed, verdict)))
                .orElseGet(() -> done(BAD_DOMAIN));
    }

    // Keeps nearly every domain from the regular expression.
    private static boolean mayBeLiteral(String domain) {
        char last = domain.isEmpty() ? 0 : domain.charAt(domain.length() - 1);
        return last == ']' || last >= '0' && last <= '9';
    }

    private RecipientAnswer answer(MailDomain domain, DomainVerdict verdict) {
        RecipientAnswer answer = answer(verdict);
        if (answer.isAccepted() || answer.isTemporary()) {
            return answer;
        }
        return suggestions.suggestionFor(domain).map(answer::suggesting).orElse(answer);
    }

    private RecipientAnswer answer(DomainVerdict verdict) {
        if (verdict instanceof HasMx) {
            return RecipientAnswer.accept(Outcome.MX);
        }
        if (verdict instanceof ImplicitMx) {
            return RecipientAnswer.accept(Outcome.IMPLICIT_MX);
        }
        if (verdict instanceof Allowed) {
            return RecipientAnswer.accept(Outcome.ALLOWED);
        }
        if (verdict instanceof Denied) {
            return DENIED;
        }
        if (verdict instanceof NullMx) {
            return NULL_MX;
        }
        if (verdict instanceof OwnHost) {
            return NO_MAILBOX;
        }
        if (verdict instanceof UnreachableMx || verdict instanceof UnusableImplicitMx) {
            return UNREACHABLE_MX;
        }
        if (verdict instanceof NotAsked) {
            return DNS_BUSY;
        }
        if (verdict instanceof Unknown) {
            return onDnsFailure == OnDnsFailure.ACCEPT ? RecipientAnswer.accept(Outcome.UNCHECKED) : DNS_FAILURE;
        }
        return NO_MAIL_HOST;
    }

    private static CompletionStage<RecipientAnswer> done(RecipientAnswer answer) {
        return CompletableFuture.completedFuture(answer);
    }
}
