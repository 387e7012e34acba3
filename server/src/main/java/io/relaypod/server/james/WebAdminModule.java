package io.relaypod.server.james;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.inject.Named;
import javax.inject.Singleton;

import com.google.inject.AbstractModule;
import com.google.inject.Binder;
import com.google.inject.Module;
import com.google.inject.Provides;
import com.google.inject.Scopes;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.util.Modules;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.server.settings.ListenAddress;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.TextFile;
import io.relaypod.server.settings.WebAdminProperties;
import io.relaypod.server.settings.WebAdminSettings;
import io.relaypod.server.webadmin.ActivityRoutes;
import io.relaypod.server.webadmin.AdminCredentials;
import io.relaypod.server.webadmin.AdminToken;
import io.relaypod.server.webadmin.DomainRoutes;
import io.relaypod.server.webadmin.GeneratedPassword;
import io.relaypod.server.webadmin.GraphRoutes;
import io.relaypod.server.webadmin.MxCacheRoutes;
import io.relaypod.server.webadmin.OperatorQueues;
import io.relaypod.server.webadmin.OperatorRepositories;
import io.relaypod.server.webadmin.PasswordFile;
import io.relaypod.server.webadmin.RelayRoutes;
import io.relaypod.server.webadmin.RelayWebAdmin;
import io.relaypod.server.webadmin.RetryRoutes;
import io.relaypod.server.webadmin.StatusRoutes;
import io.relaypod.server.webadmin.TolerantReprocessing;
import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.jwt.JwtTokenVerifier;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.modules.server.MailQueueRoutesModule;
import org.apache.james.modules.server.MailRepositoriesRoutesModule;
import org.apache.james.modules.server.NoJwtModule;
import org.apache.james.modules.server.TaskSerializationModule;
import org.apache.james.modules.server.WebAdminServerModule;
import org.apache.james.protocols.webadmin.ProtocolServerRoutes;
import org.apache.james.task.Hostname;
import org.apache.james.task.MemoryTaskManager;
import org.apache.james.task.TaskManager;
import org.apache.james.webadmin.FixedPortSupplier;
import org.apache.james.webadmin.RandomPortSupplier;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.WebAdminConfiguration;
import org.apache.james.webadmin.WebAdminServer;
import org.apache.james.webadmin.authentication.AuthenticationFilter;
import org.apache.james.webadmin.authentication.NoAuthenticationFilter;
import org.apache.james.webadmin.routes.MailRepositoriesRoutes;
import org.apache.james.webadmin.service.MailRepositoryStoreService;
import org.apache.james.webadmin.utils.JsonTransformer;

/** James' webadmin for queues, repositories, tasks and health, and our routes, where WEBADMIN_ADDR says. */
final class WebAdminModule extends AbstractModule {

    private static final Path KERNELS_HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    @Override
    protected void configure() {
        bind(WebAdminServer.class).to(RelayWebAdmin.class).in(Scopes.SINGLETON);
        bind(MemoryTaskManager.class).in(Scopes.SINGLETON);
        bind(TaskManager.class).to(MemoryTaskManager.class);
    }

    /** The host's name; in a pod, the pod's. James' own module asks DNS for its address, and fails without one. */
    @Provides
    @Singleton
    Hostname hostname() {
        try {
            return new Hostname(Files.readString(KERNELS_HOST_NAME).strip());
        } catch (IOException notLinux) {
            return new Hostname("relaypod");
        }
    }

    static Module create() {
        return Modules.combine(
                Modules.override(
                                new WebAdminServerModule(),
                                new NoJwtModule(),
                                new TaskSerializationModule(),
                                new MailQueueRoutesModule(),
                                new MailRepositoriesRoutesModule())
                        .with(new WebAdminModule()),
                WebAdminModule::bindOurRoutes);
    }

    private static void bindOurRoutes(Binder binder) {
        Multibinder<Routes> routes = Multibinder.newSetBinder(binder, Routes.class);
        routes.addBinding().to(DomainRoutes.class);
        routes.addBinding().to(MxCacheRoutes.class);
        routes.addBinding().to(RelayRoutes.class);
        routes.addBinding().to(GraphRoutes.class);
        routes.addBinding().to(RetryRoutes.class);
        routes.addBinding().to(ActivityRoutes.class);
        routes.addBinding().to(StatusRoutes.class);
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
        if (settings.webadmin().isEmpty()) {
            return WebAdminConfiguration.DISABLED_CONFIGURATION;
        }
        ListenAddress address = settings.webadmin().get().address();
        return WebAdminConfiguration.builder()
                .enabled()
                .host(address.host())
                .port(address.port() == 0 ? new RandomPortSupplier() : new FixedPortSupplier(address.port()))
                .jwtPublicKeyPEM(publicKey(settings))
                .build();
    }

    private static Optional<String> publicKey(Settings settings) {
        return properties(settings).publicKey().map(TextFile::text);
    }

    private static WebAdminProperties properties(Settings settings) {
        return WebAdminProperties.read(settings.jamesConf(), settings.dataDir());
    }

    /** James' routes, with whoever listens told of what is removed, and of what is sent again. */
    @Provides
    @Singleton
    MailRepositoriesRoutes repositories(
            MailRepositoryStore repositories,
            OperatorQueues queues,
            MailEventPublisher events,
            JsonTransformer json,
            TaskManager tasks) {
        // Sending a mail again takes it out of its repository too, and is no removal.
        return new MailRepositoriesRoutes(
                new MailRepositoryStoreService(new OperatorRepositories(repositories, events)),
                json,
                new TolerantReprocessing(queues, new MailRepositoryStoreService(repositories)),
                tasks) {

            @Override
            public void definePutMailRepository() {
                // mailetcontainer.xml names the repositories, and whoever makes others would make directories anywhere
            }
        };
    }

    @Provides
    @Singleton
    AdminCredentials credentials(
            Settings settings, MetricFactory metrics, @Named("webadmin") JwtTokenVerifier.Factory jwt)
            throws IOException {
        if (properties(settings).asksForJwt()) {
            return new AdminCredentials(new AdminToken(jwt.create()), metrics);
        }
        WebAdminSettings webadmin = settings.webadmin().orElseThrow();
        if (webadmin.passwordFile().isEmpty()) {
            GeneratedPassword.ensure(webadmin.ownPasswordFile());
        }
        return new AdminCredentials(new PasswordFile(webadmin.credentials()), metrics);
    }

    /** All but those that a relay has no use for. */
    @Provides
    @Singleton
    @Named("webAdminRoutes")
    List<Routes> routes(Set<Routes> all) {
        return all.stream()
                .filter(routes -> !(routes instanceof ProtocolServerRoutes))
                .toList();
    }

    // James' server, which ours takes the place of, asks for one.
    @Provides
    @Singleton
    AuthenticationFilter noAuthenticationByJames() {
        return new NoAuthenticationFilter();
    }
}
