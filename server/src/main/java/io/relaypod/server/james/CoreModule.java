package io.relaypod.server.james;

import java.util.Set;
import javax.inject.Singleton;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Scopes;
import com.google.inject.multibindings.Multibinder;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.relaypod.events.MailEventListener;
import io.relaypod.events.MailEventLog;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.jamesconf.JamesConfFiles;
import io.relaypod.server.metrics.MicrometerGaugeRegistry;
import io.relaypod.server.metrics.MicrometerMetricFactory;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.threads.ServerThreads;
import org.apache.james.dnsservice.api.DNSService;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.filesystem.api.JamesDirectoriesProvider;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.modules.ClockModule;
import org.apache.james.modules.MimeMessageModule;
import org.apache.james.modules.StartablesModule;
import org.apache.james.onami.lifecycle.PreDestroyModule;
import org.apache.james.server.core.configuration.Configuration;
import org.apache.james.server.core.configuration.ConfigurationProvider;
import org.apache.james.server.core.filesystem.FileSystemImpl;
import org.apache.james.utils.ExtendedClassLoader;
import org.apache.james.utils.ExtensionModule;
import org.apache.james.utils.PropertiesProvider;

/** What James' CommonServicesModule gives, with our configuration, metrics and name service in place of its own. */
final class CoreModule extends AbstractModule {

    private final Settings settings;
    private final JamesConfFiles confFiles;
    private final PrometheusMeterRegistry meters;
    private final Configuration.Basic james;
    private final FileSystem files;
    private final ExtendedClassLoader extensions;

    CoreModule(Settings settings, JamesConfFiles confFiles, PrometheusMeterRegistry meters) {
        this.settings = settings;
        this.confFiles = confFiles;
        this.meters = meters;
        this.james = new Configuration.Basic(
                new Configuration.ConfigurationPath(FileSystem.FILE_PROTOCOL + settings.jamesConf() + "/"),
                new RelayDirectories(settings.dataDir(), settings.jamesConf()));
        this.files = new FileSystemImpl(james.directories());
        this.extensions = new ExtendedClassLoader(files);
    }

    /** The classes of the class path and of DATA_DIR/extensions-jars. */
    ExtendedClassLoader extensionClasses() {
        return extensions;
    }

    @Override
    protected void configure() {
        install(new ExtensionModule());
        install(new StartablesModule());
        install(new PreDestroyModule());
        install(new MimeMessageModule());
        install(new ClockModule());

        bind(Settings.class).toInstance(settings);
        bind(MemoryBudget.class).toInstance(MemoryBudget.ofThisProcess());
        bind(ServerThreads.class).in(Scopes.SINGLETON);
        bind(MeterRegistry.class).toInstance(meters);
        bind(PrometheusMeterRegistry.class).toInstance(meters);
        bind(MetricFactory.class).to(MicrometerMetricFactory.class).in(Scopes.SINGLETON);
        bind(GaugeRegistry.class).to(MicrometerGaugeRegistry.class).in(Scopes.SINGLETON);
        bind(DNSService.class).to(SystemNameService.class).in(Scopes.SINGLETON);

        Multibinder.newSetBinder(binder(), MailEventListener.class);

        bind(FileSystem.class).toInstance(files);
        bind(ExtendedClassLoader.class).toInstance(extensions);
        bind(Configuration.class).toInstance(james);
        bind(JamesDirectoriesProvider.class).toInstance(james.directories());
        bind(ConfigurationProvider.class).toInstance(new JamesConf(confFiles));
    }

    /** Whoever wants to hear of mails' events adds itself to the set of listeners. */
    @Provides
    @Singleton
    MailEventPublisher mailEvents(Set<MailEventListener> listeners) {
        return new MailEventLog(settings.logAddresses(), listeners);
    }

    @Provides
    @Singleton
    PropertiesProvider properties(FileSystem fileSystem) {
        return new PropertiesProvider(fileSystem, james.configurationPath());
    }
}
