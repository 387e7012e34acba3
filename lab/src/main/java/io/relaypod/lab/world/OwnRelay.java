package io.relaypod.lab.world;

import java.net.InetSocketAddress;
import java.util.Map;
import java.util.function.UnaryOperator;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.server.james.RelayServer;
import io.relaypod.server.queue.Broker;
import io.relaypod.server.settings.Settings;

/** The relay in this process. */
record OwnRelay(RelayServer server, MeterRegistry meters) implements Relay {

    /**
     * @param between put between the relay and its broker
     */
    static OwnRelay start(Map<String, String> environment, UnaryOperator<Broker> between) throws Exception {
        Settings settings = Settings.from(environment);
        MeterRegistry meters = new SimpleMeterRegistry();
        return new OwnRelay(RelayServer.start(between.apply(RelayServer.broker(settings)), settings, Map.of(), meters), meters);
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
    public long count(String counter) {
        return meters.find(counter).gauges().stream().mapToLong(gauge -> (long) gauge.value()).sum();
    }

    @Override
    public void close() {
        server.close();
    }
}
