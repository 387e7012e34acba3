package io.relaypod.server.settings;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

import io.relaypod.address.AddressSet;
import io.relaypod.deliverability.GraphRules;
import io.relaypod.dns.DnsSettings;
import io.relaypod.throttle.SendingRate;
import io.relaypod.verdict.MxSettings;

/**
 * Everything that can be set, read once at start. Immutable.
 *
 * @param upstreamHost the gateway's name or IPv4 address
 * @param upstreamRate empty for no limit
 * @param relayNetworks networks of the authorized clients
 * @param tls the certificate for SMTP; empty if there is none, or if smtpserver.xml has one
 * @param smtps address of SMTP with implicit TLS; empty if it is off
 * @param maxMessageSize in bytes; 0 for no limit
 * @param smtp2graph empty if copies are not followed behind Mailpit
 * @param metrics empty if metrics, health and the status page are off
 * @param webadmin empty if it is off
 * @param logAddresses whether the log has whole addresses at every level
 * @param notifications empty if there are none
 * @param dataDir directory of the messages
 * @param variables text of each variable, or its default
 */
public record Settings(
        ListenAddress listen,
        String upstreamHost,
        int upstreamPort,
        Optional<SendingRate> upstreamRate,
        QuotaSettings quotas,
        NetworkList relayNetworks,
        SmtpAuth auth,
        Optional<TlsFiles> tls,
        Optional<ListenAddress> smtps,
        ClientLimits clients,
        BareNewline bareNewline,
        long maxMessageSize,
        int maxRecipients,
        GraphRules graph,
        Optional<Smtp2GraphSettings> smtp2graph,
        CalendarSettings calendar,
        DnsSettings dns,
        MxSettings mx,
        Optional<MonitoringSettings> metrics,
        Optional<WebAdminSettings> webadmin,
        boolean logAddresses,
        QueueSettings queue,
        TraceSettings trace,
        FailedMailSettings failed,
        Optional<NotifySettings> notifications,
        Path dataDir,
        Path jamesConf,
        Map<Variable, String> variables) {

    /** @throws InvalidSettingsException naming every variable that is wrong */
    public static Settings from(Map<String, String> variables) {
        ConfigurationFindings findings = new ConfigurationFindings();
        Settings settings = read(variables, findings);
        findings.throwIfWrong();
        return settings;
    }

    /**
     * The same without an exception. A variable that is wrong has its default.
     *
     * @param findings gets every problem
     */
    public static Settings read(Map<String, String> variables, ConfigurationFindings findings) {
        Environment environment = new Environment(variables, findings);
        environment.checkNames();
        // RemoteDelivery and Logback read them by themselves. Logback would read a wrong level as DEBUG.
        Stream.of(Variable.GATEWAY_BYTES_IN_FLIGHT, Variable.LOG_LEVEL, Variable.LOG_FORMAT)
                .forEach(environment::word);
        Settings settings = new Settings(
                environment.read(Variable.LISTEN_ADDR, ListenAddress::parse),
                environment.word(Variable.UPSTREAM_HOST),
                environment.integer(Variable.UPSTREAM_PORT),
                environment.optional(Variable.UPSTREAM_RATE_PER_SENDER, SendingRate::parse),
                QuotaSettings.read(environment),
                environment.read(Variable.RELAY_NETWORKS, NetworkList::parse),
                SmtpAuth.read(environment),
                TlsFiles.read(environment),
                environment.address(Variable.SMTPS_ADDR),
                ClientLimits.read(environment),
                environment.read(Variable.BARE_NEWLINE, value -> BareNewline.valueOf(value.toUpperCase(Locale.ROOT))),
                environment.bytes(Variable.MAX_MESSAGE_SIZE),
                environment.integer(Variable.MAX_RECIPIENTS),
                graph(environment),
                Smtp2GraphSettings.read(environment),
                CalendarSettings.read(environment),
                RcptSettings.dns(environment),
                RcptSettings.mx(environment),
                MonitoringSettings.read(environment),
                WebAdminSettings.read(environment),
                environment.isTrue(Variable.LOG_ADDRESSES),
                QueueSettings.read(environment),
                TraceSettings.read(environment),
                FailedMailSettings.read(environment),
                NotifySettings.read(environment),
                environment.path(Variable.DATA_DIR).orElseThrow(),
                environment.path(Variable.JAMES_CONF).orElseThrow(),
                environment.texts());
        settings.checkDirectories(environment);
        settings.checkWebAdmin(environment);
        settings.checkUpstream(environment);
        settings.checkTls(environment);
        return settings;
    }

    private static GraphRules graph(Environment environment) {
        return new GraphRules(
                AddressSet.parse(String.join(
                        ",", environment.read(Variable.SENDER_MAILBOXES, VariableForms::addressesAndDomains))),
                environment.bytes(Variable.GRAPH_MAX_MESSAGE_SIZE),
                environment.word(Variable.BLIND_COPIES).equals("own"));
    }

    private void checkDirectories(Environment environment) {
        WritableDirectory.problem(dataDir).ifPresent(why -> environment.reject(Variable.DATA_DIR, why));
        if (WritableDirectory.isInMemory(dataDir)) {
            environment.warn(
                    Variable.DATA_DIR, "it is in memory: accepted mail is lost when the machine or container stops");
        }
        for (String file : List.of("smtpserver.xml", "mailetcontainer.xml")) {
            if (!Files.isReadable(jamesConf.resolve(file))) {
                environment.reject(Variable.JAMES_CONF, file + " cannot be read there");
            }
        }
    }

    /** The values of {@code ${env:NAME}} in James' XML, in the form that James reads. */
    public Map<Variable, String> forJames() {
        Map<Variable, String> values = new EnumMap<>(Variable.class);
        values.put(Variable.LISTEN_ADDR, listen.toString());
        values.put(Variable.UPSTREAM_HOST, upstreamHost);
        values.put(Variable.UPSTREAM_PORT, Integer.toString(upstreamPort));
        values.put(
                Variable.GATEWAY_BYTES_IN_FLIGHT,
                VariableForms.toBytes(Objects.requireNonNull(variables.get(Variable.GATEWAY_BYTES_IN_FLIGHT))) + "B");
        values.put(Variable.RELAY_NETWORKS, relayNetworks.toString());
        values.put(Variable.MAX_MESSAGE_SIZE, maxMessageSize + "B");
        values.put(Variable.MAX_RECIPIENTS, Integer.toString(maxRecipients));
        values.put(Variable.STRIP_ICS_RECIPIENTS, String.join(",", calendar.recipients()));
        values.put(Variable.STRIP_ICS_MODE, calendar.mode());
        values.put(Variable.CALENDAR_SUMMARY, Boolean.toString(calendar.summary()));
        values.put(Variable.BLIND_COPIES, variables.get(Variable.BLIND_COPIES));
        return values;
    }

    private void checkTls(Environment environment) {
        boolean tlsOfJames = TlsFiles.isTlsInSmtpServerXml(jamesConf);
        if (tls.isPresent() && tlsOfJames) {
            environment.reject(
                    Variable.SMTP_TLS_CERT_FILE, "smtpserver.xml has a certificate in <tls> too; choose one of them");
        }
        if (smtps.isPresent() && tls.isEmpty()) {
            environment.reject(
                    Variable.SMTPS_ADDR, "there is no certificate without SMTP_TLS_CERT_FILE and SMTP_TLS_KEY_FILE");
        }
        if (smtps.filter(address -> address.port() != 0 && address.port() == listen.port())
                .isPresent()) {
            environment.reject(Variable.SMTPS_ADDR, "LISTEN_ADDR has that port");
        }
        if (auth.isOn() && !auth.withoutTls() && tls.isEmpty() && !tlsOfJames) {
            environment.reject(
                    Variable.SMTP_AUTH,
                    "nobody could log in: a login needs TLS, which SMTP_TLS_CERT_FILE turns on, or SMTP_AUTH_WITHOUT_TLS=true");
        }
    }

    private void checkUpstream(Environment environment) {
        if (new OwnAddress(listen, environment.hostName()).isReachedBy(upstreamHost, upstreamPort)) {
            environment.reject(
                    Variable.UPSTREAM_PORT,
                    upstreamHost + ":" + upstreamPort + " is this relay itself (LISTEN_ADDR " + listen
                            + "): each mail would circle; the gateway is another program, such as Mailpit on 127.0.0.1:1025");
        }
    }

    private void checkWebAdmin(Environment environment) {
        if (webadmin.isPresent()
                && environment.webAdminProperties(jamesConf, dataDir).asksForJwt()
                && webadmin.get().passwordFile().isPresent()) {
            environment.reject(
                    Variable.WEBADMIN_PASSWORD_FILE, "webadmin.properties asks for a JWT; choose one of them");
        }
    }
}
