package io.relaypod.server.james;

import java.util.Set;

import javax.inject.Named;
import javax.inject.Singleton;

import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.modules.server.MailQueueRoutesModule;
import org.apache.james.modules.server.MailRepositoriesRoutesModule;
import org.apache.james.modules.server.NoJwtModule;
import org.apache.james.modules.server.TaskManagerModule;
import org.apache.james.modules.server.WebAdminServerModule;
import org.apache.james.webadmin.FixedPortSupplier;
import org.apache.james.webadmin.RandomPortSupplier;
import org.apache.james.webadmin.WebAdminConfiguration;

import com.google.inject.AbstractModule;
import com.google.inject.Module;
import com.google.inject.Provides;
import com.google.inject.util.Modules;

import io.relaypod.server.settings.Settings;

/** James' webadmin for queues, repositories, tasks and health, where WEBADMIN_ADDR says. */
final class WebAdminModule extends AbstractModule {

    static Module create() {
        return Modules.override(
            new WebAdminServerModule(),
            new NoJwtModule(),
            new TaskManagerModule(),
            new MailQueueRoutesModule(),
            new MailRepositoriesRoutesModule()).with(new WebAdminModule());
    }

    @Provides
    @Singleton
    @Named("resolved-checks")
    Set<HealthCheck> healthChecks(Set<HealthCheck> checks) {
        return checks;
    }

    @Provides
    @Singleton
    WebAdminConfiguration configuration(Settings settings) {
        return settings.webadmin()
            .map(address -> WebAdminConfiguration.builder()
                .enabled()
                .host(address.host())
                .port(address.port() == 0 ? new RandomPortSupplier() : new FixedPortSupplier(address.port()))
                .build())
            .orElse(WebAdminConfiguration.DISABLED_CONFIGURATION);
    }
}
