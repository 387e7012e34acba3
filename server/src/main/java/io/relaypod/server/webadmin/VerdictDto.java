package io.relaypod.server.webadmin;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.relaypod.verdict.DomainVerdict;
import io.relaypod.verdict.DomainVerdict.NoMailHost;
import io.relaypod.verdict.DomainVerdict.Unknown;

/**
 * What DNS says of a domain, in JSON.
 *
 * @param kind such as {@code has_mx} or {@code no_mail_host}
 * @param hosts mail hosts or addresses, where there are any
 * @param reason why nothing is known, where that is so
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record VerdictDto(String kind, List<String> hosts, Optional<String> reason) {

    static VerdictDto of(DomainVerdict verdict) {
        return new VerdictDto(snakeCase(verdict.getClass().getSimpleName()), verdict.texts(), reason(verdict));
    }

    private static String snakeCase(String name) {
        return name.replaceAll("(?<!^)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    private static Optional<String> reason(DomainVerdict verdict) {
        if (verdict instanceof NoMailHost none) {
            return Optional.of(none.domainExists() ? "no MX and no address" : "no such domain");
        }
        return verdict instanceof Unknown unknown ? Optional.of(unknown.reason()) : Optional.empty();
    }
}
