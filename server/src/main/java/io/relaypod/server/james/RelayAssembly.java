package io.relaypod.server.james;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.google.inject.Binding;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.Module;
import com.google.inject.spi.Element;
import com.google.inject.spi.Elements;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.relaypod.server.jamesconf.EnvironmentLookup;
import io.relaypod.server.jamesconf.JamesConfFiles;
import io.relaypod.server.jamesconf.NamedClasses;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.settings.ConfigurationFindings;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.smtp.RelayHandlers;

/**
 * The relay's configuration, read and judged as a whole, and the modules that make the relay of it. Nothing is opened,
 * connected or written before {@link RelayServer} starts it, so this may be done beside a running relay. Immutable.
 */
public final class RelayAssembly {

    private final Settings settings;
    private final ConfigurationFindings findings;
    private final List<Element> elements;
    private final NamedClasses classes;

    private RelayAssembly(
            Settings settings, ConfigurationFindings findings, List<Element> elements, NamedClasses classes) {
        this.settings = settings;
        this.findings = findings;
        this.elements = elements;
        this.classes = classes;
    }

    /**
     * Judges environment and james-conf together.
     *
     * @param environment the variables of docs/configuration.md, and others that {@code ${env:...}} may name
     */
    public static RelayAssembly of(Map<String, String> environment, PrometheusMeterRegistry meters) {
        ConfigurationFindings findings = new ConfigurationFindings();
        return of(Settings.read(environment, findings), environment, meters, findings);
    }

    /** The same with settings that were read before. */
    static RelayAssembly of(Settings settings, Map<String, String> environment, PrometheusMeterRegistry meters) {
        return of(settings, environment, meters, new ConfigurationFindings());
    }

    private static RelayAssembly of(
            Settings settings,
            Map<String, String> environment,
            PrometheusMeterRegistry meters,
            ConfigurationFindings findings) {
        JamesConfFiles files = JamesConfFiles.read(settings, new EnvironmentLookup(settings, environment), findings);
        CoreModule core = new CoreModule(settings, files, meters);
        List<Element> elements = Elements.getElements(
                core,
                new NoLocalUsersModule(),
                new MailModule(),
                new SmtpModule(),
                new MonitoringModule(),
                new TraceModule(),
                new GraphModule(),
                new NotifyModule(),
                WebAdminModule.create());
        NamedClasses classes = new NamedClasses(core.extensionClasses(), bound(elements));
        files.check(classes, RelayHandlers.class.getName(), findings);
        return new RelayAssembly(settings, findings, elements, classes);
    }

    private static Set<Key<?>> bound(List<Element> elements) {
        return Stream.concat(
                        elements.stream()
                                .filter(Binding.class::isInstance)
                                .map(element -> ((Binding<?>) element).getKey()),
                        Stream.of(Key.get(Broker.class)))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The classes that XML may name. */
    NamedClasses classes() {
        return classes;
    }

    public Settings settings() {
        return settings;
    }

    public ConfigurationFindings findings() {
        return findings;
    }

    /** @param broker where the queues are; whoever started it closes it */
    Injector injector(Broker broker) {
        Module queues = binder -> binder.bind(Broker.class).toInstance(broker);
        return Guice.createInjector(Elements.getModule(elements), queues);
    }
}
