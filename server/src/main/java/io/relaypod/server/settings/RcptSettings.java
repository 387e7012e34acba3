package io.relaypod.server.settings;

import java.util.Map;

import io.relaypod.address.DomainListFile;
import io.relaypod.dns.DnsCanaries;
import io.relaypod.dns.DnsSettings;
import io.relaypod.verdict.MxSettings;
import io.relaypod.verdict.MxSettings.OnDnsFailure;

/** The settings of the RCPT rule: how DNS is asked, and which of its answers are accepted. */
public record RcptSettings(DnsSettings dns, MxSettings mx) {

    /** @throws InvalidSettingsException naming every variable that is wrong */
    public static RcptSettings from(Map<String, String> variables) {
        Environment environment = new Environment(variables, new ConfigurationFindings());
        RcptSettings settings = new RcptSettings(dns(environment), mx(environment));
        environment.throwIfWrong();
        return settings;
    }

    static DnsSettings dns(Environment environment) {
        return new DnsSettings(
                environment.read(Variable.DNS_SERVERS, VariableForms::dnsServers),
                environment.duration(Variable.DNS_TIMEOUT),
                environment.integer(Variable.DNS_TRIES),
                environment.read(Variable.DNS_CANARIES, DnsCanaries::parse));
    }

    static MxSettings mx(Environment environment) {
        // A file is read here to see that it can be. Its user reads it again when it changes.
        return new MxSettings(
                environment.duration(Variable.MX_CACHE_TTL),
                environment.duration(Variable.MX_STALE_TTL),
                environment.integer(Variable.MX_CACHE_SIZE),
                environment.integer(Variable.DNS_MAX_INFLIGHT),
                environment.word(Variable.MX_ON_DNS_FAILURE).equals("accept")
                        ? OnDnsFailure.ACCEPT
                        : OnDnsFailure.TRY_LATER,
                environment.isTrue(Variable.MX_VERIFY_TARGETS),
                environment.isTrue(Variable.ALLOW_ADDRESS_LITERALS),
                environment.file(Variable.ALLOW_DOMAINS_FILE, DomainListFile::new),
                environment.file(Variable.DENY_DOMAINS_FILE, DomainListFile::new),
                environment.isTrue(Variable.MX_SUGGEST),
                environment.file(Variable.MX_SUGGEST_FILE, DomainListFile::new));
    }
}
