package io.relaypod.server.settings;

import java.time.Duration;
import java.util.Optional;

/**
 * Where metrics, health and the status page are served, and how much of us whoever asks may take.
 *
 * @param connections at a time
 * @param timeout to send a request; reading the answer may take three times as long
 */
public record MonitoringSettings(ListenAddress address, int connections, Duration timeout) {

    static Optional<MonitoringSettings> read(Environment environment) {
        int connections = environment.integer(Variable.METRICS_MAX_CONNECTIONS);
        Duration timeout = environment.duration(Variable.METRICS_TIMEOUT);
        return environment
                .address(Variable.METRICS_ADDR)
                .map(address -> new MonitoringSettings(address, connections, timeout));
    }
}
