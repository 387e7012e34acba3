package io.relaypod.server.james;

import javax.inject.Singleton;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Scopes;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.james.UserEntityValidator;
import org.apache.james.core.Domain;
import org.apache.james.dnsservice.api.DNSService;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.domainlist.lib.DomainListConfiguration;
import org.apache.james.domainlist.memory.MemoryDomainList;
import org.apache.james.rrt.api.RecipientRewriteTable;
import org.apache.james.rrt.memory.MemoryRecipientRewriteTable;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.user.memory.MemoryUsersRepository;

/**
 * No user, no alias and no domain of our own but localhost, which completes {@code postmaster}: the least that James
 * accepts.
 */
final class NoLocalUsersModule extends AbstractModule {

    @Override
    protected void configure() {
        bind(UserEntityValidator.class).toInstance(UserEntityValidator.NOOP);
        bind(RecipientRewriteTable.class).to(MemoryRecipientRewriteTable.class).in(Scopes.SINGLETON);
    }

    @Provides
    @Singleton
    DomainList domains(DNSService dns) throws ConfigurationException {
        MemoryDomainList domains = new MemoryDomainList(dns);
        domains.configure(DomainListConfiguration.builder()
                .defaultDomain(Domain.LOCALHOST)
                .autoDetect(false)
                .autoDetectIp(false)
                .build());
        return domains;
    }

    @Provides
    @Singleton
    UsersRepository users(DomainList domains) {
        return MemoryUsersRepository.withoutVirtualHosting(domains);
    }
}
