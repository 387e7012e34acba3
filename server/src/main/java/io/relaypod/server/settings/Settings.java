package io.relaypod.server.settings;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.google.common.base.Splitter;
import com.google.common.net.HostAndPort;
import com.google.common.net.InetAddresses;
import io.relaypod.address.AddressSet;
import io.relaypod.address.DomainListFile;
import io.relaypod.deliverability.GraphRules;
import io.relaypod.dns.DnsCanaries;
import io.relaypod.dns.DnsSettings;
import io.relaypod.throttle.SendingRate;
import io.relaypod.verdict.MxSettings;
import io.relaypod.verdict.MxSettings.OnDnsFailure;
import org.apache.james.util.DurationParser;
import org.apache.james.util.Size;
import org.xbill.DNS.ResolverConfig;

/**
 * Everything that can be set, read once at start. Immutable.
 *
 * @param listen where SMTP is served
 * @param upstreamHost the gateway's name or IPv4 address
 * @param upstreamPort the gateway's port
 * @param upstreamRate how fast one mailbox may send; empty for no limit
 * @param quotas how many recipients may be sent to in a day
 * @param relayNetworks whose mail is taken
 * @param auth who logs in, and how
 * @param tls the certificate for SMTP; empty when there is none, or smtpserver.xml names one
 * @param smtps where SMTP is served that begins with TLS; empty when it is not
 * @param clients what a client may take of us
 * @param bareNewline what becomes of a mail with a CR or an LF on its own
 * @param maxMessageSize in bytes; 0 for no limit
 * @param maxRecipients of one mail
 * @param graph what Graph takes
 * @param smtp2graph its directory; empty if copies are not followed behind Mailpit
 * @param calendar what becomes of calendar content
 * @param dns how DNS is asked
 * @param mx what a recipient's domain must offer
 * @param metrics where metrics, health and the status page are served; empty when they are not
 * @param webadmin where webadmin is served and who may use it; empty when it is off
 * @param logAddresses whether the log holds addresses in full at every level
 * @param queue where the queues are
 * @param trace how much of what happened is remembered
 * @param failed how much mail that could not be delivered is kept
 * @param notifications where notifications of incidents go; empty for none
 * @param dataDir where mail is kept
 * @param jamesConf James' configuration files
 * @param variables each variable as it is written in the environment, or its default
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

    private static final int DNS_PORT = 53;
    private static final long SMALLEST_TRACE = 1 << 20;
    // Beyond them a value is a slip: their products and sums stay far below what a long holds.
    private static final long LARGEST_SIZE = 1L << 40;
    private static final Duration LONGEST = Duration.ofDays(3650);
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,19}");
    private static final Pattern SIZE = Pattern.compile("\\d{1,12}[kKmMgG]?");
    private static final Pattern LOG_LEVEL = Pattern.compile("ERROR|WARN|INFO|DEBUG|TRACE");
    private static final Pattern BARE_NUMBER = Pattern.compile("\\d+");
    private static final Pattern ADDRESS_OR_DOMAIN = Pattern.compile("[^\\s@,]*@[a-z0-9]([a-z0-9.-]*[a-z0-9])?");

    /** @throws InvalidSettingsException naming every variable that is wrong */
    public static Settings from(Map<String, String> variables) {
        ConfigurationFindings findings = new ConfigurationFindings();
        Settings settings = read(variables, findings);
        findings.throwIfWrong();
        return settings;
    }

    /**
     * The same without an exception: a variable that is wrong has its default.
     *
     * @param findings gets every variable that is wrong
     */
    public static Settings read(Map<String, String> variables, ConfigurationFindings findings) {
        Environment environment = new Environment(variables, findings);
        environment.checkNames();
        // RemoteDelivery reads it by itself.
        environment.read(Variable.GATEWAY_BYTES_IN_FLIGHT, Settings::sizeAboveZero);
        // Logback reads them by itself, and would take a wrong level for DEBUG.
        environment.read(Variable.LOG_LEVEL, Settings::logLevel);
        environment.read(Variable.LOG_FORMAT, Settings::logFormat);
        Settings settings = new Settings(
                environment.read(Variable.LISTEN_ADDR, ListenAddress::parse),
                environment.read(Variable.UPSTREAM_HOST, Settings::host),
                environment.read(Variable.UPSTREAM_PORT, value -> (int) number(value, 1, 65_535)),
                environment.read(
                        Variable.UPSTREAM_RATE_PER_SENDER,
                        value -> Optional.of(value)
                                .filter(rate -> !rate.isEmpty())
                                .map(SendingRate::parse)),
                QuotaSettings.read(environment),
                environment.read(Variable.RELAY_NETWORKS, NetworkList::parse),
                SmtpAuth.read(environment),
                TlsFiles.read(environment),
                environment.read(
                        Variable.SMTPS_ADDR,
                        value -> value.equals("off") ? Optional.empty() : Optional.of(ListenAddress.parse(value))),
                clients(environment),
                environment.read(Variable.BARE_NEWLINE, Settings::bareNewline),
                environment.read(Variable.MAX_MESSAGE_SIZE, Settings::size),
                environment.read(Variable.MAX_RECIPIENTS, value -> (int) number(value, 100, 100_000)),
                graph(environment),
                Smtp2GraphSettings.read(environment),
                calendar(environment),
                dns(environment),
                mx(environment),
                metrics(environment),
                webadmin(environment),
                environment.read(Variable.LOG_ADDRESSES, Settings::bool),
                queue(environment),
                trace(environment),
                failed(environment),
                NotifySettings.read(environment),
                environment.read(Variable.DATA_DIR, Path::of).toAbsolutePath(),
                environment.read(Variable.JAMES_CONF, Path::of).toAbsolutePath(),
                environment.texts());
        settings.checkDirectories(environment);
        settings.checkWebAdmin(environment);
        settings.checkUpstream(environment);
        settings.checkTls(environment);
        return settings;
    }

    /**
     * What the RCPT rule alone needs.
     *
     * @throws InvalidSettingsException naming every variable that is wrong
     */
    public static RcptSettings forRcptRule(Map<String, String> variables) {
        Environment environment = new Environment(variables, new ConfigurationFindings());
        RcptSettings settings = new RcptSettings(dns(environment), mx(environment));
        environment.throwIfWrong();
        return settings;
    }

    /**
     * Where webadmin is served, and with which password, for whoever asks it; empty when it is off.
     *
     * @throws InvalidSettingsException naming every variable that is wrong
     */
    public static Optional<WebAdminSettings> forWebAdmin(Map<String, String> variables) {
        Environment environment = new Environment(variables, new ConfigurationFindings());
        Optional<WebAdminSettings> webadmin = webadmin(environment);
        environment.throwIfWrong();
        return webadmin;
    }

    /** How DNS is asked, and what of its answers is accepted. */
    public record RcptSettings(DnsSettings dns, MxSettings mx) {}

    /**
     * What becomes of calendar content, each in the form that James' XML takes.
     *
     * @param recipients lower-case addresses and {@code @domain}s that get none
     * @param mode {@code listed} or {@code auto}
     * @param summary whether an event is put in words beside other text
     */
    public record CalendarSettings(List<String> recipients, String mode, boolean summary) {}

    private static ClientLimits clients(Environment environment) {
        int connections = environment.read(Variable.MAX_CONNECTIONS, value -> (int) number(value, 1, 100_000));
        return new ClientLimits(
                connections,
                environment.read(
                        Variable.MAX_CONNECTIONS_PER_IP,
                        value -> value.isEmpty() ? ClientLimits.shareOf(connections) : (int) number(value, 1, 100_000)),
                environment.read(Variable.IDLE_TIMEOUT, Settings::duration),
                environment.read(Variable.MAX_BAD_RCPTS, value -> (int) number(value, 0, 1_000_000)));
    }

    private static GraphRules graph(Environment environment) {
        return new GraphRules(
                AddressSet.parse(
                        String.join(",", environment.read(Variable.SENDER_MAILBOXES, Settings::addressesAndDomains))),
                environment.read(Variable.GRAPH_MAX_MESSAGE_SIZE, Settings::size),
                environment.read(Variable.BLIND_COPIES, Settings::blindCopies).equals("own"));
    }

    private static CalendarSettings calendar(Environment environment) {
        return new CalendarSettings(
                environment.read(Variable.STRIP_ICS_RECIPIENTS, Settings::addressesAndDomains),
                environment.read(Variable.STRIP_ICS_MODE, Settings::stripMode),
                environment.read(Variable.CALENDAR_SUMMARY, Settings::bool));
    }

    private static BareNewline bareNewline(String value) {
        require(value.equals("refuse") || value.equals("normalize"));
        return BareNewline.valueOf(value.toUpperCase(Locale.ROOT));
    }

    private static String blindCopies(String value) {
        require(value.equals("own") || value.equals("together"));
        return value;
    }

    private static String stripMode(String value) {
        require(value.equals("listed") || value.equals("auto"));
        return value;
    }

    private static DnsSettings dns(Environment environment) {
        return new DnsSettings(
                environment.read(Variable.DNS_SERVERS, Settings::dnsServers),
                environment.read(Variable.DNS_TIMEOUT, Settings::duration),
                environment.read(Variable.DNS_TRIES, value -> (int) number(value, 1, 10)),
                environment.read(Variable.DNS_CANARIES, DnsCanaries::parse));
    }

    private static MxSettings mx(Environment environment) {
        return new MxSettings(
                environment.read(Variable.MX_CACHE_TTL, Settings::duration),
                environment.read(Variable.MX_STALE_TTL, Settings::duration),
                environment.read(Variable.MX_CACHE_SIZE, value -> number(value, 1, 100_000_000)),
                environment.read(Variable.DNS_MAX_INFLIGHT, value -> (int) number(value, 1, 100_000)),
                environment.read(Variable.MX_ON_DNS_FAILURE, Settings::onDnsFailure),
                environment.read(Variable.MX_VERIFY_TARGETS, Settings::bool),
                environment.read(Variable.ALLOW_ADDRESS_LITERALS, Settings::bool),
                domainFile(environment, Variable.ALLOW_DOMAINS_FILE),
                domainFile(environment, Variable.DENY_DOMAINS_FILE),
                environment.read(Variable.MX_SUGGEST, Settings::bool),
                domainFile(environment, Variable.MX_SUGGEST_FILE));
    }

    private static QueueSettings queue(Environment environment) {
        Optional<QueueUrl> url = environment.read(
                Variable.QUEUE_URL,
                value -> Optional.of(value)
                        .filter(Predicate.not(String::isEmpty))
                        .map(QueueUrl::parse));
        Optional<Path> password = file(environment, Variable.QUEUE_PASSWORD_FILE, Settings::checkNotEmpty);
        Optional<Path> authority = file(environment, Variable.QUEUE_CA_FILE, Settings::checkCertificates);
        Optional<Path> chain = file(environment, Variable.QUEUE_CERT_FILE, Settings::checkCertificates);
        Optional<Path> key = file(environment, Variable.QUEUE_KEY_FILE, Settings::checkNotEmpty);
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
                url.map(found -> new QueueSettings.RemoteQueue(
                        found.servers(),
                        parameters,
                        user,
                        password,
                        authority,
                        chain.flatMap(
                                certificate -> key.map(its -> new QueueSettings.ClientCertificate(certificate, its))))),
                environment.read(Variable.QUEUE_TIMEOUT, Settings::duration),
                environment.read(Variable.QUEUE_WRITERS, value -> (int) number(value, 1, 64)),
                environment.read(Variable.DRAIN_TIMEOUT, Settings::duration));
    }

    static Optional<Path> file(Environment environment, Variable variable, FileCheck check) {
        Optional<Path> file = Optional.of(environment.text(variable))
                .filter(Predicate.not(String::isEmpty))
                .map(Path::of);
        file.ifPresent(path -> {
            try {
                check.accept(path);
            } catch (IOException | CertificateException unusable) {
                environment.reject(variable, "it cannot be read: " + unusable);
            }
        });
        return file;
    }

    interface FileCheck {

        void accept(Path file) throws IOException, CertificateException;
    }

    static void checkNotEmpty(Path file) throws IOException {
        String text = Files.readString(file);
        if (text.isBlank()) {
            throw new IOException("it is empty");
        }
        if (Placeholder.isIn(text)) {
            throw new IOException(Placeholder.inFile());
        }
    }

    static void checkCertificates(Path file) throws IOException, CertificateException {
        try (InputStream in = Files.newInputStream(file)) {
            if (CertificateFactory.getInstance("X.509").generateCertificates(in).isEmpty()) {
                throw new CertificateException("it has no certificate");
            }
        }
    }

    /** Read here to see that it can be; whoever uses it reads it again when it changes. */
    private static Optional<Path> domainFile(Environment environment, Variable variable) {
        String value = environment.text(variable);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        try {
            new DomainListFile(Path.of(value));
        } catch (IllegalArgumentException wrong) {
            environment.reject(variable, wrong.getMessage());
        }
        return Optional.of(Path.of(value));
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

    /** The values as James' XML takes them: what {@code ${env:NAME}} stands for there. */
    public Map<Variable, String> forJames() {
        Map<Variable, String> values = new EnumMap<>(Variable.class);
        values.put(Variable.LISTEN_ADDR, listen.toString());
        values.put(Variable.UPSTREAM_HOST, upstreamHost);
        values.put(Variable.UPSTREAM_PORT, Integer.toString(upstreamPort));
        values.put(
                Variable.GATEWAY_BYTES_IN_FLIGHT,
                size(Objects.requireNonNull(variables.get(Variable.GATEWAY_BYTES_IN_FLIGHT))) + "B");
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

    private static String host(String value) {
        require(ListenAddress.HOST.matcher(value).matches());
        return value;
    }

    static long number(String value, long min, long max) {
        // Java would take a sign, and digits of other scripts.
        require(NUMBER.matcher(value).matches());
        return number(Long.parseLong(value), min, max);
    }

    static long number(long number, long min, long max) {
        require(number >= min && number <= max);
        return number;
    }

    private static long size(String value) {
        require(SIZE.matcher(value).matches());
        Size size = Size.parse(value, Size.Unit.NoUnit);
        // James multiplies beyond what a long holds.
        require(size.getValue() <= LARGEST_SIZE && size.asBytes() <= LARGEST_SIZE && size.asBytes() >= size.getValue());
        return size.asBytes();
    }

    private static Duration duration(String value) {
        // James would take a bare number for milliseconds.
        require(!BARE_NUMBER.matcher(value).matches());
        try {
            Duration duration = DurationParser.parse(value);
            require(!duration.isNegative() && !duration.isZero() && duration.compareTo(LONGEST) <= 0);
            return duration;
        } catch (ArithmeticException beyondAll) {
            throw new IllegalArgumentException("too long", beyondAll);
        }
    }

    static boolean bool(String value) {
        require(value.equals("true") || value.equals("false"));
        return Boolean.parseBoolean(value);
    }

    private static String logLevel(String value) {
        require(LOG_LEVEL.matcher(value).matches());
        return value;
    }

    private static String logFormat(String value) {
        require(value.equals("text") || value.equals("json"));
        return value;
    }

    private static TraceSettings trace(Environment environment) {
        return new TraceSettings(
                environment.read(Variable.TRACE_MAX_SIZE, value -> {
                    long bytes = size(value);
                    require(bytes == 0 || bytes >= SMALLEST_TRACE);
                    return bytes;
                }),
                environment.read(Variable.TRACE_MAX_AGE, Settings::duration),
                environment.read(Variable.TRACE_SUBJECTS, Settings::bool));
    }

    private static FailedMailSettings failed(Environment environment) {
        return new FailedMailSettings(
                environment.read(
                        Variable.FAILED_MAX_AGE,
                        value -> value.isEmpty() ? Optional.empty() : Optional.of(duration(value))),
                environment.read(
                        Variable.FAILED_MAX_SIZE,
                        value -> value.isEmpty() ? Optional.empty() : Optional.of(sizeAboveZero(value))));
    }

    private static long sizeAboveZero(String value) {
        long bytes = size(value);
        require(bytes > 0);
        return bytes;
    }

    private static OnDnsFailure onDnsFailure(String value) {
        require(value.equals("later") || value.equals("accept"));
        return value.equals("accept") ? OnDnsFailure.ACCEPT : OnDnsFailure.TRY_LATER;
    }

    private static List<String> addressesAndDomains(String value) {
        List<String> entries = Splitter.on(',')
                .trimResults()
                .omitEmptyStrings()
                .splitToStream(value)
                .map(entry -> entry.toLowerCase(Locale.ROOT))
                .toList();
        require(value.isEmpty() || !entries.isEmpty());
        require(entries.stream()
                .allMatch(entry -> ADDRESS_OR_DOMAIN.matcher(entry).matches()));
        return entries;
    }

    private static List<InetSocketAddress> dnsServers(String value) {
        if (value.isEmpty()) {
            return ResolverConfig.getCurrentConfig().servers();
        }
        return Splitter.on(',')
                .trimResults()
                .splitToStream(value)
                .map(HostAndPort::fromString)
                .map(server -> new InetSocketAddress(InetAddresses.forString(server.getHost()), (int)
                        number(server.getPortOrDefault(DNS_PORT), 1, 65_535)))
                .collect(Collectors.toUnmodifiableList());
    }

    private static Optional<MonitoringSettings> metrics(Environment environment) {
        int connections = environment.read(Variable.METRICS_MAX_CONNECTIONS, value -> (int) number(value, 4, 10_000));
        Duration timeout = environment.read(Variable.METRICS_TIMEOUT, Settings::duration);
        return environment.read(
                Variable.METRICS_ADDR,
                value -> value.equals("off")
                        ? Optional.empty()
                        : Optional.of(new MonitoringSettings(ListenAddress.parse(value), connections, timeout)));
    }

    private static Optional<WebAdminSettings> webadmin(Environment environment) {
        Optional<Path> passwordFile = environment.read(
                Variable.WEBADMIN_PASSWORD_FILE,
                value -> value.isEmpty()
                        ? Optional.empty()
                        : Optional.of(Path.of(value).toAbsolutePath()));
        passwordFile.ifPresent(file -> {
            try {
                WebAdminSettings.password(file);
            } catch (IllegalArgumentException wrong) {
                environment.reject(Variable.WEBADMIN_PASSWORD_FILE, wrong.getMessage());
            }
        });
        Set<String> names = environment.read(Variable.WEBADMIN_HOSTS, Settings::hosts);
        Path ownPasswordFile = WebAdminSettings.ownPasswordFile(environment.read(Variable.DATA_DIR, Path::of));
        return environment.read(
                Variable.WEBADMIN_ADDR,
                value -> value.equals("off")
                        ? Optional.empty()
                        : Optional.of(new WebAdminSettings(
                                ListenAddress.parse(value), passwordFile, ownPasswordFile, names)));
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
        if (webadmin.isEmpty()) {
            return;
        }
        if (environment.webAdminProperties(jamesConf, dataDir).asksForJwt()
                && webadmin.filter(served -> served.passwordFile().isPresent()).isPresent()) {
            environment.reject(
                    Variable.WEBADMIN_PASSWORD_FILE, "webadmin.properties asks for a JWT; choose one of them");
        }
    }

    private static Set<String> hosts(String value) {
        Set<String> hosts = Splitter.onPattern("[,\\s]+")
                .omitEmptyStrings()
                .splitToStream(value)
                .map(Settings::host)
                .collect(Collectors.toUnmodifiableSet());
        require(value.isEmpty() || !hosts.isEmpty());
        return hosts;
    }

    private static void require(boolean asExpected) {
        if (!asExpected) {
            throw new IllegalArgumentException("not as expected");
        }
    }
}
