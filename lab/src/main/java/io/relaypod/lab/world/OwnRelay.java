package io.relaypod.lab.world;

import java.net.InetSocketAddress;
import java.util.Map;
import java.util.function.UnaryOperator;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.relaypod.server.james.RelayServer;
import io.relaypod.server.metrics.MeterNames;
import io.relaypod.server.queue.broker.Broker;
import io.relaypod.server.settings.Settings;

/** The relay in this process. */
record OwnRelay(RelayServer server, PrometheusMeterRegistry meters) implements Relay {

    /** @param wrapper wraps the relay's broker */
    static OwnRelay start(Map<String, String> environment, UnaryOperator<Broker> wrapper) throws Exception {
        Settings settings = Settings.from(environment);
        PrometheusMeterRegistry meters = MeterNames.registry();
        return new OwnRelay(
                RelayServer.start(wrapper.apply(RelayServer.broker(settings, meters)), settings, Map.of(), meters),
                meters);
    }

    @Override
    public InetSocketAddress smtpAddress() {
        return server.smtpAddress();
    }

    @Override
    public long queuedMails() {
        return server.queuedMails();
    }

    @Override
    public long count(String metric, String... labels) {
        return (long) new MetricsText(meters.scrape()).value(metric, labels);
    }

    @Override
    public void close() {
        server.close();
    }
}
