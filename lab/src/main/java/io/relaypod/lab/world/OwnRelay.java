package io.relaypod.lab.world;

import java.net.InetSocketAddress;
import java.util.Map;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.server.james.RelayServer;
import io.relaypod.server.settings.Settings;

/** The relay in this process. */
record OwnRelay(RelayServer server, MeterRegistry meters) implements Relay {

    static OwnRelay start(Map<String, String> environment) throws Exception {
        MeterRegistry meters = new SimpleMeterRegistry();
        return new OwnRelay(RelayServer.start(Settings.from(environment), Map.of(), meters), meters);
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
