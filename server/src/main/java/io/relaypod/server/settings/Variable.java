package io.relaypod.server.settings;

import java.util.Set;

import io.relaypod.configuration.ValueForm;
import io.relaypod.dns.DnsCanaries;
import io.relaypod.throttle.SendingRate;

/**
 * The environment variables that relaypod reads, each with its default and the form of its value. The table in
 * docs/configuration.md has a row for each; a test compares them.
 */
@SuppressWarnings("ImmutableEnumChecker") // a form's test has no state
public enum Variable {
    LISTEN_ADDR(":25", VariableForms.ADDRESS),
    UPSTREAM_HOST("127.0.0.1", ValueForm.parsed("a host name or an IPv4 address", VariableForms::host)),
    UPSTREAM_PORT("1025", ValueForm.number("a port", 1, 65_535)),
    UPSTREAM_RATE_PER_SENDER("", ValueForm.parsed(SendingRate.EXPECTED, SendingRate::parse)),
    UPSTREAM_RECIPIENTS_PER_SENDER("10000", VariableForms.numberOrNoLimit("a number of recipients", 100_000_000)),
    TENANT_EXTERNAL_RECIPIENTS_PER_DAY("", VariableForms.numberOrNoLimit("a number of recipients", 100_000_000)),
    TENANT_DOMAINS(
            "",
            ValueForm.parsed("domains, separated by commas, .domain for its sub-domains too", QuotaSettings::domains)),
    GATEWAY_BYTES_IN_FLIGHT("8M", VariableForms.SIZE_ABOVE_ZERO),
    RELAY_NETWORKS(
            "127.0.0.0/8, ::1/128, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7, fe80::/10",
            ValueForm.parsed("networks such as 10.0.0.0/8 or fc00::/7, separated by commas", NetworkList::parse)),
    SMTP_AUTH("off", ValueForm.oneOf("off", "optional", "required", "any")),
    SMTP_USERS_FILE(
            "",
            VariableForms.path(
                    "a file with a login a line: a name, a hash made by relaypod password, and from= and rate= where they are wanted")),
    SMTP_AUTH_WITHOUT_TLS("false", VariableForms.BOOLEAN),
    RELAY_NETWORKS_WITH_AUTH(
            "",
            ValueForm.parsed(
                    "networks such as 203.0.113.0/24 or 2001:db8::/32, separated by commas", NetworkList::parse)),
    SMTP_TLS_CERT_FILE("", VariableForms.path("a PEM file with a certificate, those that signed it behind it")),
    SMTP_TLS_KEY_FILE("", VariableForms.path("a PEM file with the certificate's private key, not encrypted")),
    SMTPS_ADDR("off", VariableForms.ADDRESS_OR_OFF),
    MAX_CONNECTIONS("1000", ValueForm.number(1, 100_000)),
    MAX_CONNECTIONS_PER_IP("", ValueForm.number(1, 100_000)),
    IDLE_TIMEOUT("5m", VariableForms.duration("5m")),
    MAX_BAD_RCPTS("20", VariableForms.numberOrNoLimit("a number", 1_000_000)),
    BARE_NEWLINE("refuse", ValueForm.oneOf("refuse", "normalize")),
    MAX_MESSAGE_SIZE("3000K", VariableForms.SIZE_OR_NO_LIMIT),
    MAX_RECIPIENTS("1000", ValueForm.number(100, 100_000)),
    GRAPH_MAX_MESSAGE_SIZE("3M", VariableForms.SIZE_OR_NO_LIMIT),
    SMTP2GRAPH_DATA("", VariableForms.path("an existing directory: smtp2graph's base directory, /data in its image")),
    GRAPH_WINDOW("8", ValueForm.number(1, 200)),
    GRAPH_HEAL(
            "auto",
            new ValueForm(
                    "auto (where smtp2graph's directory can be written), true or false",
                    Set.of("auto", "true", "false")::contains)),
    SENDER_MAILBOXES("", VariableForms.ADDRESSES_AND_DOMAINS),
    STRIP_ICS_RECIPIENTS("", VariableForms.ADDRESSES_AND_DOMAINS),
    STRIP_ICS_MODE("listed", ValueForm.oneOf("listed", "auto")),
    CALENDAR_SUMMARY("false", VariableForms.BOOLEAN),
    BLIND_COPIES("own", ValueForm.oneOf("own", "together")),
    DNS_SERVERS(
            "",
            ValueForm.parsed(
                    "IP addresses of DNS servers, each with an optional :port from 1 to 65535, separated by commas",
                    VariableForms::dnsServers)),
    DNS_TIMEOUT("2s", VariableForms.duration("2s or 500ms")),
    DNS_TRIES("2", ValueForm.number(1, 10)),
    DNS_CANARIES("gmail.com, outlook.com, .", ValueForm.parsed(DnsCanaries.EXPECTED, DnsCanaries::parse)),
    DNS_MAX_INFLIGHT("256", ValueForm.number(1, 100_000)),
    MX_CACHE_TTL("1h", VariableForms.duration("1h or 30m")),
    MX_STALE_TTL("24h", VariableForms.duration("24h")),
    MX_CACHE_SIZE("100000", ValueForm.number("a number of domains", 1, 100_000_000)),
    MX_ON_DNS_FAILURE("later", new ValueForm("later (451) or accept", Set.of("later", "accept")::contains)),
    MX_VERIFY_TARGETS("false", VariableForms.BOOLEAN),
    MX_SUGGEST("true", VariableForms.BOOLEAN),
    MX_SUGGEST_FILE("", VariableForms.path("a file with a domain a line")),
    ALLOW_DOMAINS_FILE("", VariableForms.path("a file with a domain a line, .domain for its sub-domains too")),
    DENY_DOMAINS_FILE("", VariableForms.path("a file with a domain a line, .domain for its sub-domains too")),
    ALLOW_ADDRESS_LITERALS("false", VariableForms.BOOLEAN),
    METRICS_ADDR(":9090", VariableForms.ADDRESS_OR_OFF),
    METRICS_MAX_CONNECTIONS("64", ValueForm.number(4, 10_000)),
    METRICS_TIMEOUT("10s", VariableForms.duration("10s")),
    WEBADMIN_ADDR("127.0.0.1:8000", VariableForms.ADDRESS_OR_OFF),
    WEBADMIN_HOSTS("", ValueForm.parsed("host names, separated by commas", VariableForms::hosts)),
    WEBADMIN_PASSWORD_FILE("", VariableForms.path("a file with a password of 8 characters or more on its first line")),
    LOG_LEVEL(
            "INFO",
            new ValueForm(
                    "one of ERROR, WARN, INFO, DEBUG, TRACE",
                    Set.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE")::contains)),
    LOG_FORMAT("text", ValueForm.oneOf("text", "json")),
    LOG_ADDRESSES("false", VariableForms.BOOLEAN),
    QUEUE_URL(
            "",
            ValueForm.parsed(
                    "tcp://host:port, more of them behind commas, then ? and parameters such as sslEnabled=true and verifyHost=false",
                    QueueUrl::parse)),
    QUEUE_USER("", new ValueForm("a user of the broker", any -> true)),
    QUEUE_PASSWORD_FILE("", VariableForms.path("a file with the user's password")),
    QUEUE_CA_FILE("", VariableForms.path("a PEM file with certificates")),
    QUEUE_CERT_FILE("", VariableForms.path("a PEM file with a certificate")),
    QUEUE_KEY_FILE("", VariableForms.path("a PEM file with the certificate's private key")),
    QUEUE_TIMEOUT("5s", VariableForms.duration("5s")),
    QUEUE_WRITERS("4", ValueForm.number(1, 64)),
    DRAIN_TIMEOUT("5s", VariableForms.duration("5s")),
    TRACE_MAX_SIZE("100M", VariableForms.size(" of 1M or more", 1 << 20, "; 0 for no trace")),
    TRACE_MAX_AGE("7d", VariableForms.duration("7d")),
    TRACE_SUBJECTS("true", VariableForms.BOOLEAN),
    FAILED_MAX_AGE("", VariableForms.duration("30d")),
    FAILED_MAX_SIZE("", VariableForms.SIZE_ABOVE_ZERO),
    NOTIFY_URL(
            "",
            ValueForm.parsed("an http or https URL without a user, 2000 characters at most", NotifySettings::toUrl)),
    NOTIFY_URL_FILE("", VariableForms.path("a file with such a URL")),
    NOTIFY_FORM("auto", ValueForm.oneOf("auto", "json", "slack", "teams", "ntfy")),
    NOTIFY_SECRET_FILE(
            "", VariableForms.path("a file with the key of the signature, or with the access token of ntfy")),
    NOTIFY_CA_FILE("", VariableForms.path("a PEM file with certificates")),
    DATA_DIR("/var/lib/relaypod", VariableForms.path("a directory that can be written, or made")),
    JAMES_CONF(
            "/etc/relaypod/james-conf", VariableForms.path("a directory with smtpserver.xml and mailetcontainer.xml"));

    private final String defaultValue;
    private final ValueForm form;

    Variable(String defaultValue, ValueForm form) {
        this.defaultValue = defaultValue;
        this.form = form;
    }

    /** The value of an absent or blank variable. */
    public String defaultValue() {
        return defaultValue;
    }

    /** Whether a value may be a secret, which is not shown. */
    public boolean isSecret() {
        return this == NOTIFY_URL;
    }

    /** Whether a value has the variable's form. The default is always accepted. */
    boolean accepts(String value) {
        return value.equals(defaultValue) || form.accepts(value);
    }

    /** The form of a value, to be put behind "expected". */
    public String expected() {
        return form.words();
    }
}
