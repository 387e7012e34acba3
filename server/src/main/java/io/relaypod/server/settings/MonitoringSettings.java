package io.relaypod.server.settings;

import java.time.Duration;
import java.util.Optional;

/**
 * The server of metrics, health and the status page.
 *
 * @param connections at a time
 * @param timeout for a client to send its request; to read the response it has three times as long
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
