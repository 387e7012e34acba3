package io.relaypod.server.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

import com.google.common.net.HostAndPort;

/**
 * Where the queues are. Immutable.
 *
 * @param remote a broker elsewhere; empty for the one in this process
 * @param timeout how long a client's mail may take to be stored before the client is told to come again
 * @param writers threads that write received mails; none of them waits for the disk's sync
 * @param drain how long mails in hand may take to be finished when the relay stops
 */
public record QueueSettings(Optional<RemoteQueue> remote, Duration timeout, int writers, Duration drain) {

    /**
     * A broker elsewhere, and as whom to talk to it.
     *
     * @param servers in the order in which they are asked
     * @param parameters of the connection, in Artemis' words
     * @param user empty for nobody
     * @param passwordFile read at each connection, so that a new password needs no restart
     * @param caFile PEM certificates of who may have signed the broker's; empty for those that Java trusts
     * @param certificate what we show to the broker; empty for nothing
     */
    public record RemoteQueue(
            List<HostAndPort> servers,
            Map<String, String> parameters,
            String user,
            Optional<Path> passwordFile,
            Optional<Path> caFile,
            Optional<ClientCertificate> certificate) {

        /** Takes copies. */
        public RemoteQueue {
            servers = List.copyOf(servers);
            parameters = Map.copyOf(parameters);
        }

        /** As it is shown in logs and messages: {@code tcp://a:61616,tcp://b:61616}. */
        public String url() {
            return servers.stream().map(server -> "tcp://" + server).collect(Collectors.joining(","));
        }
    }

    /**
     * A certificate for TLS, both files PEM.
     *
     * @param chain the certificate, then those that sign it
     * @param key its private key, not encrypted
     */
    public record ClientCertificate(Path chain, Path key) {}
}
