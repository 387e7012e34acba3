package io.relaypod.gateway;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLSocketFactory;

import com.google.common.base.Joiner;
import com.google.common.net.HostAndPort;
import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.smtpclient.SmtpClientSettings;
import io.relaypod.smtpclient.SmtpCredentials;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.mailet.MailetConfig;
import org.apache.mailet.MailetException;

/**
 * The parameters of {@link RemoteDelivery} that James has not, or reads without an error for wrong values.
 *
 * @param gateways in their order, each with its port
 * @param atOnce mails in flight that were not queued
 * @param deliveryThreads mails in flight from the queue
 * @param bytesInFlight bytes of large mails in flight
 * @param idleTime after which an unused connection is closed
 * @param mailsPerConnection number of mails after which a connection is closed
 * @param unfinished number of mails whose undelivered recipients are cached
 * @param heldPause until a mail without Graph's answer is looked at again
 * @param smtp settings of the connections
 */
record GatewaySettings(
        List<HostAndPort> gateways,
        int atOnce,
        int deliveryThreads,
        long bytesInFlight,
        Duration idleTime,
        int mailsPerConnection,
        int unfinished,
        Duration heldPause,
        SmtpClientSettings smtp) {

    private static final int SMTP_PORT = 25;
    private static final int SMTPS_PORT = 465;

    /** @throws MailetException if a value is wrong; the message names it and what is expected */
    static GatewaySettings read(MailetConfig config, RemoteDeliveryConfiguration james) throws MailetException {
        List<ConfigurationProblem> faults = DeliveryParameters.faults(config);
        if (!faults.isEmpty()) {
            throw new MailetException("RemoteDelivery: " + Joiner.on("; ").join(faults));
        }
        DeliveryParameters parameters = new DeliveryParameters(config);
        int defaultPort = james.isSSLEnable() ? SMTPS_PORT : SMTP_PORT;
        return new GatewaySettings(
                james.getGatewayServer().stream()
                        .map(gateway -> DeliveryParameters.hostAndPort(gateway, defaultPort))
                        .toList(),
                parameters.number("atOnce", 12),
                parameters.number("deliveryThreads", 8),
                parameters.bytes("bytesInFlight", "8M"),
                parameters.duration("idleTime", "10 seconds"),
                parameters.number("mailsPerConnection", 100),
                parameters.number("unfinished", 10_000),
                parameters.duration("heldPause", "30 seconds"),
                new SmtpClientSettings(
                        james.getHeloNameProvider().getHeloName(),
                        Duration.ofMillis(parameters.number("connectiontimeout", 60_000)),
                        Duration.ofMillis(parameters.number("timeout", 180_000)),
                        parameters.duration("dataTimeout", "10 minutes"),
                        james.isStartTLS(),
                        james.isVerifyServerIdentity(),
                        () -> (SSLSocketFactory) SSLSocketFactory.getDefault(),
                        Optional.ofNullable(james.getAuthUser())
                                .map(user -> new SmtpCredentials(
                                        user,
                                        Optional.ofNullable(james.getAuthPass()).orElse(""))),
                        localAddress(james)));
    }

    /** @throws MailetException if a connection may carry several mails; smtp2graph loses one of them */
    void requireOneMailPerConnection(String smtp2graph) throws MailetException {
        if (mailsPerConnection != 1) {
            throw new MailetException("RemoteDelivery: " + DeliveryParameters.losesMail(smtp2graph));
        }
    }

    private static Optional<InetAddress> localAddress(RemoteDeliveryConfiguration james) throws MailetException {
        if (!james.isBindUsed()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(james.getBindAddress()));
        } catch (UnknownHostException unknown) {
            throw new MailetException(
                    "RemoteDelivery: <bind> is '" + james.getBindAddress() + "'; expected a local name or address",
                    unknown);
        }
    }
}
