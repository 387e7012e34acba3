package io.relaypod.domain;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;

import io.relaypod.domain.DomainVerdict.HasMx;
import io.relaypod.domain.DomainVerdict.ImplicitMx;
import io.relaypod.domain.DomainVerdict.NullMx;
import io.relaypod.domain.DomainVerdict.Unknown;
import io.relaypod.domain.RecipientAnswer.Outcome;

/**
 * The RCPT rule: a recipient is accepted when mail can reach its domain. Thread-safe; no thread waits for DNS.
 */
public final class RecipientRule {

    // RFC 5321 4.1.3. James hands over an IPv4 literal without its brackets; no DNS name is a dotted quad either.
    private static final Pattern ADDRESS_LITERAL = Pattern.compile("\\[.*]|\\d{1,3}(\\.\\d{1,3}){3}");

    // The one address that RFC 5321 4.5.1 wants accepted without a domain; James completes it with its default domain.
    private static final MailDomain LOCAL = new MailDomain("localhost");

    private static final RecipientAnswer NO_MAIL_HOST = RecipientAnswer.refuse(Outcome.NO_MAIL_HOST, 550,
        "5.1.2 Bad destination mailbox address - domain has no MX record");
    private static final RecipientAnswer NULL_MX = RecipientAnswer.refuse(Outcome.NULL_MX, 556,
        "5.1.10 Recipient address has null MX");
    private static final RecipientAnswer DNS_FAILURE = RecipientAnswer.refuse(Outcome.DNS_FAILURE, 451,
        "4.4.3 Temporary DNS failure, try again later");
    private static final RecipientAnswer REFUSED_LITERAL = RecipientAnswer.refuse(Outcome.REFUSED_LITERAL, 550,
        "5.1.2 Bad destination mailbox address - address literals are not accepted");
    private static final RecipientAnswer BAD_DOMAIN = RecipientAnswer.refuse(Outcome.BAD_DOMAIN, 553,
        "5.1.3 Bad destination mailbox address - no such domain can exist");

    private final DomainCheck domains;
    private final MxSettings settings;

    public RecipientRule(DomainCheck domains, MxSettings settings) {
        this.domains = domains;
        this.settings = settings;
    }

    /**
     * @param localPart the part before the {@code @}
     * @param domain    the part after it, with or without the brackets of an address literal
     * @return the answer, within the bound of {@link DomainCheck} and never exceptionally
     */
    public CompletionStage<RecipientAnswer> answer(String localPart, String domain) {
        if (ADDRESS_LITERAL.matcher(domain).matches()) {
            return done(settings.allowAddressLiterals() ? RecipientAnswer.accept(Outcome.ADDRESS_LITERAL) : REFUSED_LITERAL);
        }
        return MailDomain.parse(domain)
            .map(parsed -> parsed.equals(LOCAL) && localPart.equalsIgnoreCase("postmaster")
                ? done(RecipientAnswer.accept(Outcome.LOCAL_POSTMASTER))
                : domains.verdict(parsed).thenApply(this::answer))
            .orElseGet(() -> done(BAD_DOMAIN));
    }

    /** The answer that a verdict leads to. */
    public RecipientAnswer answer(DomainVerdict verdict) {
        if (verdict instanceof HasMx) {
            return RecipientAnswer.accept(Outcome.MX);
        }
        if (verdict instanceof ImplicitMx) {
            return RecipientAnswer.accept(Outcome.IMPLICIT_MX);
        }
        if (verdict instanceof NullMx) {
            return NULL_MX;
        }
        if (verdict instanceof Unknown) {
            return settings.onDnsFailure() == MxSettings.OnDnsFailure.ACCEPT
                ? RecipientAnswer.accept(Outcome.UNCHECKED) : DNS_FAILURE;
        }
        return NO_MAIL_HOST;
    }

    private static CompletionStage<RecipientAnswer> done(RecipientAnswer answer) {
        return CompletableFuture.completedFuture(answer);
    }
}
