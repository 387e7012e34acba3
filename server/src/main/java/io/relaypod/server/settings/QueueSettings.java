package io.relaypod.server.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.google.common.net.HostAndPort;

/**
 * The broker of the queues. Immutable.
 *
 * @param remote empty for the broker in this process
 * @param timeout for storing a received message; after it the client gets a temporary failure
 * @param writers threads that write received messages; none of them waits for the disk's sync
 * @param drain longest time for messages in flight when the relay stops
 */
public record QueueSettings(Optional<RemoteQueue> remote, Duration timeout, int writers, Duration drain) {

    static QueueSettings read(Environment environment) {
        Optional<QueueUrl> url = environment.optional(Variable.QUEUE_URL, QueueUrl::parse);
        Optional<Path> password = environment.file(Variable.QUEUE_PASSWORD_FILE, TextFile::checkNotEmpty);
        Optional<Path> authority = environment.file(Variable.QUEUE_CA_FILE, TlsFiles::checkCertificates);
        Optional<Path> chain = environment.file(Variable.QUEUE_CERT_FILE, TlsFiles::checkCertificates);
        Optional<Path> key = environment.file(Variable.QUEUE_KEY_FILE, TextFile::checkNotEmpty);
        String user = environment.text(Variable.QUEUE_USER);
        Map<String, String> parameters =
                new HashMap<>(url.map(QueueUrl::parameters).orElseGet(Map::of));
        if (authority.isPresent() || chain.isPresent()) {
            parameters.putIfAbsent(QueueUrl.TLS, "true");
        }
        if (!user.isEmpty() && password.isEmpty()) {
            environment.reject(Variable.QUEUE_PASSWORD_FILE, "QUEUE_USER has no password without it");
        }
        if (chain.isPresent() != key.isPresent()) {
            environment.reject(
                    chain.isPresent() ? Variable.QUEUE_KEY_FILE : Variable.QUEUE_CERT_FILE,
                    "a certificate and its key belong together");
        }
        if (url.isEmpty()) {
            Stream.of(
                            Variable.QUEUE_USER,
                            Variable.QUEUE_PASSWORD_FILE,
                            Variable.QUEUE_CA_FILE,
                            Variable.QUEUE_CERT_FILE,
                            Variable.QUEUE_KEY_FILE)
                    .filter(variable -> !environment.text(variable).isEmpty())
                    .forEach(variable -> environment.reject(variable, "it means nothing without QUEUE_URL"));
        }
        return new QueueSettings(
                url.map(found -> new RemoteQueue(
                        found.servers(),
                        parameters,
                        user,
                        password,
                        authority,
                        chain.flatMap(certificate -> key.map(its -> new ClientCertificate(certificate, its))))),
                environment.duration(Variable.QUEUE_TIMEOUT),
                environment.integer(Variable.QUEUE_WRITERS),
                environment.duration(Variable.DRAIN_TIMEOUT));
    }

    /**
     * A remote broker and the login there.
     *
     * @param servers in the order in which they are tried
     * @param parameters of the connection, with Artemis' names
     * @param user empty for no login
     * @param passwordFile read at each connection, so that a new password needs no restart
     * @param caFile PEM certificates that may have signed the broker's; empty for those that Java trusts
     * @param certificate of the relay; empty for none
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

        /** For logs and messages, such as {@code tcp://a:61616,tcp://b:61616}. */
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
