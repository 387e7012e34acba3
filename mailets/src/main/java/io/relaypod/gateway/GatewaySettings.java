package io.relaypod.gateway;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.net.ssl.SSLSocketFactory;

import com.google.common.collect.ImmutableList;
import com.google.common.net.HostAndPort;
import com.google.common.primitives.Ints;
import io.relaypod.smtpclient.SmtpClientSettings;
import io.relaypod.smtpclient.SmtpCredentials;
import org.apache.james.transport.mailets.remote.delivery.RemoteDeliveryConfiguration;
import org.apache.james.util.DurationParser;
import org.apache.james.util.Size;
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
        SmtpClientSettings smtp) {

    private static final String NUMBER = "a number from ";
    private static final String SIZE = "a number of bytes above zero, such as 8M";
    private static final String DURATION = "a duration above zero, such as 10 seconds";
    private static final String JAKARTA_MAIL = "mail.";
    private static final int SMTP_PORT = 25;
    private static final int SMTPS_PORT = 465;
    private static final String SMTP2GRAPH_PORT = "2525";

    /** @throws MailetException if a value is wrong; the message names it and what is expected */
    static GatewaySettings read(MailetConfig config, RemoteDeliveryConfiguration james) throws MailetException {
        if (james.getGatewayServer().isEmpty()) {
            throw new MailetException(
                    "RemoteDelivery: <gateway> is missing; relaypod sends everything through one gateway");
        }
        for (String parameter : ImmutableList.copyOf(config.getInitParameterNames())) {
            if (parameter.startsWith(JAKARTA_MAIL)) {
                throw new MailetException("RemoteDelivery: <" + parameter
                        + "> is a setting of Jakarta Mail, which relaypod does not use; remove it");
            }
        }
        if (james.isSendPartial()) {
            throw new MailetException(
                    wrong("sendpartial", "true", "false, as a header names all recipients of its mail"));
        }
        ParameterParser parameters = new ParameterParser(config);
        // James would silently use port 25 for a value that is no number, which may be this relay itself.
        if (config.getInitParameter("gatewayPort") != null) {
            parameters.number("gatewayPort", 25, 1);
        }
        List<HostAndPort> gateways = new ArrayList<>();
        for (String gateway : james.getGatewayServer()) {
            gateways.add(hostAndPort(gateway, james.isSSLEnable() ? SMTPS_PORT : SMTP_PORT));
        }
        GatewaySettings settings = new GatewaySettings(
                List.copyOf(gateways),
                parameters.number("atOnce", 12, 0),
                parameters.number("deliveryThreads", 8, 1),
                parameters.bytes("bytesInFlight", "8M"),
                parameters.duration("idleTime", "10 seconds"),
                parameters.number("mailsPerConnection", 100, 1),
                parameters.number("unfinished", 10_000, 1),
                new SmtpClientSettings(
                        james.getHeloNameProvider().getHeloName(),
                        Duration.ofMillis(parameters.number("connectiontimeout", 60_000, 1)),
                        Duration.ofMillis(parameters.number("timeout", 180_000, 1)),
                        parameters.duration("dataTimeout", "10 minutes"),
                        james.isStartTLS(),
                        james.isVerifyServerIdentity(),
                        () -> (SSLSocketFactory) SSLSocketFactory.getDefault(),
                        Optional.ofNullable(james.getAuthUser())
                                .map(user -> new SmtpCredentials(
                                        user,
                                        Optional.ofNullable(james.getAuthPass()).orElse(""))),
                        localAddress(james)));
        if (SMTP2GRAPH_PORT.equals(config.getInitParameter("gatewayPort"))) {
            settings.requireOneMailPerConnection(
                    "<gatewayPort> (UPSTREAM_PORT) is " + SMTP2GRAPH_PORT + ", the port of smtp2graph");
        }
        return settings;
    }

    /** @throws MailetException if a connection may carry several mails; smtp2graph loses one of them */
    void requireOneMailPerConnection(String smtp2graph) throws MailetException {
        if (mailsPerConnection != 1) {
            throw new MailetException("RemoteDelivery: " + smtp2graph
                    + ", which loses a mail if one connection carries two; expected Mailpit (UPSTREAM_HOST,"
                    + " UPSTREAM_PORT 1025), or <mailsPerConnection> 1");
        }
    }

    // James adds the port of <gatewayPort> to a gateway without a colon.
    private static HostAndPort hostAndPort(String gateway, int defaultPort) throws MailetException {
        int colon = gateway.lastIndexOf(':');
        if (colon < 0) {
            return HostAndPort.fromParts(gateway, defaultPort);
        }
        Optional<Integer> port = Optional.ofNullable(Ints.tryParse(gateway.substring(colon + 1)))
                .filter(number -> number >= 1 && number <= 65_535);
        if (colon == 0 || port.isEmpty() || gateway.indexOf(':') < colon) {
            throw new MailetException(
                    wrong("gateway", gateway, "HOST or HOST:PORT with a port from 1 to 65535, such as mailpit:1025"));
        }
        return HostAndPort.fromParts(gateway.substring(0, colon), port.get());
    }

    private static Optional<InetAddress> localAddress(RemoteDeliveryConfiguration james) throws MailetException {
        if (!james.isBindUsed()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(james.getBindAddress()));
        } catch (UnknownHostException unknown) {
            throw new MailetException(wrong("bind", james.getBindAddress(), "a local name or address"), unknown);
        }
    }

    private static String wrong(String parameter, String value, String expected) {
        return "RemoteDelivery: <" + parameter + "> is '" + value + "'; expected " + expected;
    }

    private record ParameterParser(MailetConfig config) {

        int number(String name, int defaultValue, int least) throws MailetException {
            return value(name, Integer.toString(defaultValue), NUMBER + least, text -> {
                int number = Integer.parseInt(text);
                return number >= least ? Optional.of(number) : Optional.empty();
            });
        }

        long bytes(String name, String defaultValue) throws MailetException {
            return value(name, defaultValue, SIZE, text -> {
                try {
                    return Optional.of(Size.parse(text).asBytes()).filter(bytes -> bytes > 0);
                } catch (Exception noSize) {
                    throw new IllegalArgumentException(noSize);
                }
            });
        }

        Duration duration(String name, String defaultValue) throws MailetException {
            return value(
                    name,
                    defaultValue,
                    DURATION,
                    text -> Optional.of(DurationParser.parse(text, ChronoUnit.SECONDS))
                            .filter(duration -> !duration.isZero() && !duration.isNegative()));
        }

        private <T> T value(String name, String defaultValue, String expected, Function<String, Optional<T>> parser)
                throws MailetException {
            String text = Optional.ofNullable(config.getInitParameter(name)).orElse(defaultValue);
            try {
                return parser.apply(text.strip()).orElseThrow(() -> new IllegalArgumentException("out of range"));
            } catch (IllegalArgumentException noValue) {
                throw new MailetException(wrong(name, text, expected), noValue);
            }
        }
    }
}
