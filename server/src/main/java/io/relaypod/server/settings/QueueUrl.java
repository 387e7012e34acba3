package io.relaypod.server.settings;

import java.util.List;
import java.util.Map;
import java.util.Set;

import com.google.common.base.Splitter;
import com.google.common.net.HostAndPort;

/**
 * {@code tcp://a:61616,tcp://b:61616?sslEnabled=true}: brokers in the order in which they are tried, and parameters of
 * the connection to each, with Artemis' names. Immutable.
 */
record QueueUrl(List<HostAndPort> servers, Map<String, String> parameters) {

    static final String TLS = "sslEnabled";

    // The relay sets the others, such as timeouts and reconnection attempts.
    private static final Set<String> PARAMETERS = Set.of(
            TLS,
            "verifyHost",
            "sniHost",
            "enabledProtocols",
            "enabledCipherSuites",
            "tcpNoDelay",
            "tcpSendBufferSize",
            "tcpReceiveBufferSize");

    private static final String SCHEME = "tcp://";

    /** @throws IllegalArgumentException if it is no such URL */
    static QueueUrl parse(String url) {
        List<String> halves = Splitter.on('?').limit(2).splitToList(url);
        List<HostAndPort> servers = Splitter.on(',')
                .trimResults()
                .splitToStream(halves.get(0))
                .map(QueueUrl::server)
                .toList();
        Map<String, String> parameters = halves.size() == 1
                ? Map.of()
                : Splitter.on('&')
                        .withKeyValueSeparator(Splitter.on('=').limit(2))
                        .split(halves.get(1));
        if (!PARAMETERS.containsAll(parameters.keySet())) {
            throw new IllegalArgumentException("not our parameter");
        }
        return new QueueUrl(servers, parameters);
    }

    private static HostAndPort server(String server) {
        if (!server.startsWith(SCHEME)) {
            throw new IllegalArgumentException("not tcp://");
        }
        HostAndPort address = HostAndPort.fromString(server.substring(SCHEME.length()));
        if (!address.hasPort()
                || address.getPort() == 0
                || !ListenAddress.HOST.matcher(address.getHost()).matches()) {
            throw new IllegalArgumentException("no host:port");
        }
        return address;
    }
}
