package io.relaypod.server.settings;

import java.util.List;
import java.util.function.Predicate;

import com.google.common.base.Splitter;
import io.relaypod.address.DomainSet;

/**
 * Limits of recipients in 24 hours; 0 for no limit.
 *
 * @param perMailbox of each sending mailbox
 * @param tenant outside the tenant's domains, of all mailboxes
 * @param tenantDomains in the form of a domain file; empty if the tenant has no limit
 */
public record QuotaSettings(int perMailbox, int tenant, List<String> tenantDomains) {

    static QuotaSettings read(Environment environment) {
        int perMailbox = environment.integer(Variable.UPSTREAM_RECIPIENTS_PER_SENDER);
        int tenant = environment
                .optional(Variable.TENANT_EXTERNAL_RECIPIENTS_PER_DAY, Integer::parseInt)
                .orElse(0);
        List<String> domains = environment.read(Variable.TENANT_DOMAINS, QuotaSettings::domains);
        if (tenant > 0 && domains.isEmpty()) {
            environment.reject(
                    Variable.TENANT_EXTERNAL_RECIPIENTS_PER_DAY,
                    "it counts recipients outside of TENANT_DOMAINS, which is not set");
        }
        if (tenant == 0 && !domains.isEmpty()) {
            environment.warn(Variable.TENANT_DOMAINS, "it means nothing without TENANT_EXTERNAL_RECIPIENTS_PER_DAY");
        }
        return new QuotaSettings(perMailbox, tenant, domains);
    }

    static List<String> domains(String value) {
        List<String> entries = Splitter.on(',')
                .trimResults()
                .splitToStream(value)
                .filter(Predicate.not(String::isEmpty))
                .toList();
        if (!value.isEmpty() && (entries.isEmpty() || value.indexOf('#') >= 0)) {
            throw new IllegalArgumentException("no domains");
        }
        DomainSet.parse(entries);
        return entries;
    }

    /** The domains whose recipients are inside the tenant. */
    public DomainSet insideTenant() {
        return DomainSet.parse(tenantDomains);
    }
}
