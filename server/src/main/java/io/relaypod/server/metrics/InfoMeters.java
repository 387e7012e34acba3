package io.relaypod.server.metrics;

import java.util.Locale;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.Variable;

/** Versions, settings and limits as meters. They show whether behaviour changed with a version or a configuration. */
public final class InfoMeters {

    private InfoMeters() {}

    /** Registers the meters. No label holds a host, an address or a domain. */
    public static void register(MeterRegistry registry, BuildInfo build, Settings settings) {
        info(
                registry,
                "relaypod.build.info",
                "Versions",
                Tags.of(
                        "version",
                        build.relaypod(),
                        "james",
                        build.james(),
                        "artemis",
                        build.artemis(),
                        "java",
                        build.java()));
        info(
                registry,
                "relaypod.config.info",
                "Settings from the environment",
                Tags.of(
                        "strip_ics_mode", settings.calendar().mode(),
                        "calendar_summary", Boolean.toString(settings.calendar().summary()),
                        "mx_on_dns_failure", settings.mx().onDnsFailure().name().toLowerCase(Locale.ROOT),
                        "mx_verify_targets", Boolean.toString(settings.mx().verifyTargets()),
                        "mx_suggest", Boolean.toString(settings.mx().suggest()),
                        "allow_address_literals", Boolean.toString(settings.mx().allowAddressLiterals()),
                        "sender_mailboxes", settings.graph().mailboxes().isEmpty() ? "any" : "listed"));
        long open = settings.relayNetworks().open().size();
        Gauge.builder("relaypod.relay.networks.public", () -> open)
                .description("Networks of RELAY_NETWORKS that are not private")
                .strongReference(true)
                .register(registry);
        limit(registry, Variable.MAX_CONNECTIONS, settings.clients().connections());
        limit(registry, Variable.MAX_CONNECTIONS_PER_IP, settings.clients().connectionsPerIp());
        limit(registry, Variable.MAX_RECIPIENTS, settings.maxRecipients());
        limit(registry, Variable.MAX_MESSAGE_SIZE, settings.maxMessageSize());
        limit(registry, Variable.DNS_MAX_INFLIGHT, settings.mx().maxInflight());
        limit(registry, Variable.MX_CACHE_SIZE, settings.mx().cacheSize());
        settings.metrics()
                .ifPresent(monitoring -> limit(registry, Variable.METRICS_MAX_CONNECTIONS, monitoring.connections()));
        limit(registry, Variable.MX_CACHE_TTL, settings.mx().cacheTtl().toSeconds());
    }

    private static void info(MeterRegistry registry, String name, String description, Tags tags) {
        Gauge.builder(name, () -> 1)
                .description(description)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    private static void limit(MeterRegistry registry, Variable variable, long value) {
        Gauge.builder("relaypod.limit", () -> value)
                .description("A limit from the environment, in its base unit; 0 for none")
                .tag("name", variable.name().toLowerCase(Locale.ROOT))
                .strongReference(true)
                .register(registry);
    }
}
