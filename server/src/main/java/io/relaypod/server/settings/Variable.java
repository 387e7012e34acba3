package io.relaypod.server.settings;

import io.relaypod.dns.DnsCanaries;
import io.relaypod.throttle.SendingRate;

/**
 * The environment variables that relaypod reads, each with its default and with what it must look like. The table in
 * docs/configuration.md has a row for each; a test compares them.
 */
public enum Variable {
    LISTEN_ADDR(":25", ":port or host:port, where host is a name or an IPv4 address"),
    UPSTREAM_HOST("127.0.0.1", "a host name or an IPv4 address"),
    UPSTREAM_PORT("1025", "a port from 1 to 65535"),
    UPSTREAM_RATE_PER_SENDER("", SendingRate.EXPECTED),
    UPSTREAM_RECIPIENTS_PER_SENDER("10000", "a number of recipients from 1 to 100000000, or 0 for no limit"),
    TENANT_EXTERNAL_RECIPIENTS_PER_DAY("", "a number of recipients from 1 to 100000000, or 0 for no limit"),
    TENANT_DOMAINS("", "domains, separated by commas, .domain for its sub-domains too"),
    GATEWAY_BYTES_IN_FLIGHT("8M", "a number of bytes above zero, or one with K, M or G behind it, 1024G at most"),
    RELAY_NETWORKS(
            "127.0.0.0/8, ::1/128, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7, fe80::/10",
            "networks such as 10.0.0.0/8 or fc00::/7, separated by commas"),
    SMTP_AUTH("off", "off, optional, required or any"),
    SMTP_USERS_FILE(
            "",
            "a file with a login a line: a name, a hash made by relaypod password, and from= and rate= where they are wanted"),
    SMTP_AUTH_WITHOUT_TLS("false", "true or false"),
    RELAY_NETWORKS_WITH_AUTH("", "networks such as 203.0.113.0/24 or 2001:db8::/32, separated by commas"),
    SMTP_TLS_CERT_FILE("", "a PEM file with a certificate, those that signed it behind it"),
    SMTP_TLS_KEY_FILE("", "a PEM file with the certificate's private key, not encrypted"),
    SMTPS_ADDR("off", ":port or host:port, where host is a name or an IPv4 address; or off"),
    MAX_CONNECTIONS("1000", "a number from 1 to 100000"),
    MAX_CONNECTIONS_PER_IP("", "a number from 1 to 100000"),
    IDLE_TIMEOUT("5m", "a duration from 1ms to 3650d, such as 5m"),
    MAX_BAD_RCPTS("20", "a number from 1 to 1000000, or 0 for no limit"),
    BARE_NEWLINE("refuse", "refuse or normalize"),
    MAX_MESSAGE_SIZE("3000K", "a number of bytes, or one with K, M or G behind it, 1024G at most; 0 for no limit"),
    MAX_RECIPIENTS("1000", "a number from 100 to 100000"),
    GRAPH_MAX_MESSAGE_SIZE("3M", "a number of bytes, or one with K, M or G behind it, 1024G at most; 0 for no limit"),
    SMTP2GRAPH_DATA("", "an existing directory: smtp2graph's base directory, /data in its image"),
    GRAPH_WINDOW("8", "a number from 1 to 200"),
    GRAPH_HEAL("auto", "auto (where smtp2graph's directory can be written), true or false"),
    SENDER_MAILBOXES("", "mail addresses or @domains, separated by commas"),
    STRIP_ICS_RECIPIENTS("", "mail addresses or @domains, separated by commas"),
    STRIP_ICS_MODE("listed", "listed or auto"),
    CALENDAR_SUMMARY("false", "true or false"),
    BLIND_COPIES("own", "own or together"),
    DNS_SERVERS("", "IP addresses of DNS servers, each with an optional :port from 1 to 65535, separated by commas"),
    DNS_TIMEOUT("2s", "a duration from 1ms to 3650d, such as 2s or 500ms"),
    DNS_TRIES("2", "a number from 1 to 10"),
    DNS_CANARIES("gmail.com, outlook.com, .", DnsCanaries.EXPECTED),
    DNS_MAX_INFLIGHT("256", "a number from 1 to 100000"),
    MX_CACHE_TTL("1h", "a duration from 1ms to 3650d, such as 1h or 30m"),
    MX_STALE_TTL("24h", "a duration from 1ms to 3650d, such as 24h"),
    MX_CACHE_SIZE("100000", "a number of domains from 1 to 100000000"),
    MX_ON_DNS_FAILURE("later", "later (451) or accept"),
    MX_VERIFY_TARGETS("false", "true or false"),
    MX_SUGGEST("true", "true or false"),
    MX_SUGGEST_FILE("", "a file with a domain a line"),
    ALLOW_DOMAINS_FILE("", "a file with a domain a line, .domain for its sub-domains too"),
    DENY_DOMAINS_FILE("", "a file with a domain a line, .domain for its sub-domains too"),
    ALLOW_ADDRESS_LITERALS("false", "true or false"),
    METRICS_ADDR(":9090", ":port or host:port, where host is a name or an IPv4 address; or off"),
    METRICS_MAX_CONNECTIONS("64", "a number from 4 to 10000"),
    METRICS_TIMEOUT("10s", "a duration from 1ms to 3650d, such as 10s"),
    WEBADMIN_ADDR("127.0.0.1:8000", ":port or host:port, where host is a name or an IPv4 address; or off"),
    WEBADMIN_HOSTS("", "host names, separated by commas"),
    WEBADMIN_PASSWORD_FILE("", "a file with a password of 8 characters or more on its first line"),
    LOG_LEVEL("INFO", "one of ERROR, WARN, INFO, DEBUG, TRACE"),
    LOG_FORMAT("text", "text or json"),
    LOG_ADDRESSES("false", "true or false"),
    QUEUE_URL(
            "",
            "tcp://host:port, more of them behind commas, then ? and parameters such as sslEnabled=true and verifyHost=false"),
    QUEUE_USER("", "a user of the broker"),
    QUEUE_PASSWORD_FILE("", "a file with the user's password"),
    QUEUE_CA_FILE("", "a PEM file with certificates"),
    QUEUE_CERT_FILE("", "a PEM file with a certificate"),
    QUEUE_KEY_FILE("", "a PEM file with the certificate's private key"),
    QUEUE_TIMEOUT("5s", "a duration from 1ms to 3650d, such as 5s"),
    QUEUE_WRITERS("4", "a number from 1 to 64"),
    DRAIN_TIMEOUT("5s", "a duration from 1ms to 3650d, such as 5s"),
    TRACE_MAX_SIZE(
            "100M", "a number of bytes of 1M or more, or one with K, M or G behind it, 1024G at most; 0 for no trace"),
    TRACE_MAX_AGE("7d", "a duration from 1ms to 3650d, such as 7d"),
    TRACE_SUBJECTS("true", "true or false"),
    FAILED_MAX_AGE("", "a duration from 1ms to 3650d, such as 30d"),
    FAILED_MAX_SIZE("", "a number of bytes above zero, or one with K, M or G behind it, 1024G at most"),
    NOTIFY_URL("", "an http or https URL without a user, 2000 characters at most"),
    NOTIFY_URL_FILE("", "a file with such a URL"),
    NOTIFY_FORM("auto", "auto, json, slack, teams or ntfy"),
    NOTIFY_SECRET_FILE("", "a file with the key of the signature, or with the access token of ntfy"),
    NOTIFY_CA_FILE("", "a PEM file with certificates"),
    DATA_DIR("/var/lib/relaypod", "a directory that can be written, or made"),
    JAMES_CONF("/etc/relaypod/james-conf", "a directory with smtpserver.xml and mailetcontainer.xml");

    private final String defaultValue;
    private final String expected;

    Variable(String defaultValue, String expected) {
        this.defaultValue = defaultValue;
        this.expected = expected;
    }

    /** The value that an absent or blank variable has. */
    public String defaultValue() {
        return defaultValue;
    }

    /** Whether a value may be a secret, which is not shown. */
    public boolean isSecret() {
        return this == NOTIFY_URL;
    }

    /** What a value must look like, to be put behind "expected". */
    public String expected() {
        return expected;
    }
}
