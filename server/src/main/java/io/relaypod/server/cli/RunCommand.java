package io.relaypod.server.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.relaypod.server.james.RelayAssembly;
import io.relaypod.server.james.RelayServer;
import io.relaypod.server.metrics.MeterNames;
import io.relaypod.server.metrics.TemporaryFiles;
import io.relaypod.server.settings.MonitoringSettings;
import io.relaypod.server.settings.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine.Command;

/** Runs the relay in the foreground until SIGTERM or Ctrl-C. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description =
                "Run the relay in the foreground. Its environment variables are described in docs/configuration.md.")
final class RunCommand implements Callable<Integer> {

    private static final Logger LOGGER = LoggerFactory.getLogger(RunCommand.class);

    private final Map<String, String> environment;

    /** @param environment the variables of docs/configuration.md */
    RunCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws Exception {
        Instant begin = Instant.now();
        // Java's own logging would write beside the log's rules.
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        PrometheusMeterRegistry meters = MeterNames.registry();
        RelayAssembly assembly = RelayAssembly.of(environment, meters);
        assembly.findings().throwIfWrong();
        assembly.findings()
                .warnings()
                .forEach(warning -> LOGGER.warn(
                        "event=configuration-warning reason=\"{}\"",
                        warning.toString().replace('"', '\'')));
        Settings settings = assembly.settings();
        TemporaryFiles temporaryFiles = TemporaryFiles.ownedBy(settings.dataDir());
        RelayServer relay = RelayServer.start(assembly, meters);
        temporaryFiles.sweep(begin);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            LOGGER.info("event=stopping");
                            relay.close();
                            LOGGER.info("event=stopped");
                            stopped.countDown();
                        },
                        "shutdown"));
        LOGGER.info(
                "event=ready smtp={}:{} metrics={} webadmin={} upstream={}:{} data={} after={}ms",
                settings.listen().host(),
                relay.smtpAddress().getPort(),
                settings.metrics()
                        .map(MonitoringSettings::address)
                        .map(address ->
                                address.host() + ":" + relay.metricsPort().orElse(0))
                        .orElse("off"),
                settings.webadmin()
                        .map(webadmin -> webadmin.address().host() + ":"
                                + relay.webadminPort().orElse(0))
                        .orElse("off"),
                settings.upstreamHost(),
                settings.upstreamPort(),
                settings.dataDir(),
                Duration.between(begin, Instant.now()).toMillis());
        AotCache.ofThisJvm()
                .obstacle()
                .ifPresent(reason ->
                        LOGGER.warn("event=no-aot-cache reason=\"{}\" effect=\"the start takes longer\"", reason));
        // What only the start needed is given back at once; a relay may stay idle for hours.
        System.gc();
        stopped.await();
        return 0;
    }
}
