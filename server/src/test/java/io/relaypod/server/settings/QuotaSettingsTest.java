package io.relaypod.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import io.relaypod.address.MailDomain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotaSettingsTest {

    @TempDir
    private Path directory;

    private QuotaSettings quotas(String... variables) {
        Map<String, String> environment = new HashMap<>();
        environment.put("DATA_DIR", directory.toString());
        environment.put("JAMES_CONF", "../james-conf");
        for (String variable : variables) {
            environment.put(
                    variable.substring(0, variable.indexOf('=')), variable.substring(variable.indexOf('=') + 1));
        }
        return Settings.from(environment).quotas();
    }

    @Test
    void aMailboxHasExchangesLimitAndTheTenantHasNone() {
        assertThat(quotas().perMailbox()).isEqualTo(10_000);
        assertThat(quotas().tenant()).isZero();
        assertThat(quotas("UPSTREAM_RECIPIENTS_PER_SENDER=0").perMailbox()).isZero();
    }

    @Test
    void theTenantsDomainsMayIncludeTheirSubdomains() {
        QuotaSettings quotas =
                quotas("TENANT_EXTERNAL_RECIPIENTS_PER_DAY=2000", "TENANT_DOMAINS= Contoso.com ,.big.example,");

        assertThat(quotas.tenant()).isEqualTo(2_000);
        assertThat(quotas.insideTenant()
                        .contains(MailDomain.parse("contoso.com").orElseThrow()))
                .isTrue();
        assertThat(quotas.insideTenant()
                        .contains(MailDomain.parse("x.contoso.com").orElseThrow()))
                .isFalse();
        assertThat(quotas.insideTenant()
                        .contains(MailDomain.parse("x.big.example").orElseThrow()))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "UPSTREAM_RECIPIENTS_PER_SENDER=10000/d | UPSTREAM_RECIPIENTS_PER_SENDER is '10000/d'; expected a number of recipients",
                "UPSTREAM_RECIPIENTS_PER_SENDER=-1 | expected a number of recipients",
                "TENANT_EXTERNAL_RECIPIENTS_PER_DAY=many | TENANT_EXTERNAL_RECIPIENTS_PER_DAY is 'many'",
                "TENANT_EXTERNAL_RECIPIENTS_PER_DAY=2000 | TENANT_EXTERNAL_RECIPIENTS_PER_DAY is '2000'; it counts recipients outside of TENANT_DOMAINS",
                "TENANT_EXTERNAL_RECIPIENTS_PER_DAY=1 TENANT_DOMAINS=me@contoso.com | TENANT_DOMAINS is 'me@contoso.com'; expected domains",
                "TENANT_EXTERNAL_RECIPIENTS_PER_DAY=1 TENANT_DOMAINS=,, | TENANT_DOMAINS is ',,'; expected domains",
                "TENANT_EXTERNAL_RECIPIENTS_PER_DAY=1 TENANT_DOMAINS=a.example#b.example | expected domains"
            })
    void whatIsWrongIsNamed(String variables, String problem) {
        assertThatThrownBy(() -> quotas(variables.split(" ")))
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessageContaining(problem);
    }
}
