package io.relaypod.gateway;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.net.HostAndPort;
import com.google.common.primitives.Ints;
import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.configuration.ValueForm;
import org.apache.james.transport.mailets.remote.delivery.Delay;
import org.apache.james.util.DurationParser;
import org.apache.james.util.Size;
import org.apache.mailet.MailetConfig;

/**
 * The parameters of {@link RemoteDelivery} as they are written. James takes its default in place of a number or delay
 * that it cannot read, such as six hours for {@code 1 minit}; here each of them is a fault. Immutable.
 */
record DeliveryParameters(MailetConfig config) {

    private static final String MAILPIT = "Mailpit (UPSTREAM_HOST, UPSTREAM_PORT 1025), or <mailsPerConnection> 1";

    private static final Pattern SMTP2GRAPH_PORT = Pattern.compile("(^|:)2525\\b");
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,252}");
    private static final Pattern BARE_NUMBER = Pattern.compile("\\d+");
    private static final String JAKARTA_MAIL = "mail.";
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final int MOST = 1_000_000;
    private static final String DELAYS = "delays such as 5 minutes, 3 * 1 hour";
    private static final String BOOLEAN = "true or false";
    private static final String GATEWAYS = "HOST or HOST:PORT with a port from 1 to 65535, such as mailpit:1025";

    private static final Map<String, ValueForm> FORMS = Map.ofEntries(
            Map.entry("gateway", new ValueForm(GATEWAYS, DeliveryParameters::areGateways)),
            Map.entry("gatewayPort", ValueForm.number(1, 65_535)),
            Map.entry("maxRetries", ValueForm.numberFrom(0, MOST)),
            Map.entry("maxDnsProblemRetries", ValueForm.numberFrom(0, MOST)),
            Map.entry("delayTime", new ValueForm(DELAYS, DeliveryParameters::areDelays)),
            Map.entry("atOnce", ValueForm.numberFrom(0, MOST)),
            Map.entry("deliveryThreads", ValueForm.numberFrom(1, MOST)),
            Map.entry("mailsPerConnection", ValueForm.numberFrom(1, MOST)),
            Map.entry("unfinished", ValueForm.numberFrom(1, MOST)),
            Map.entry("connectiontimeout", ValueForm.numberFrom(1, Integer.MAX_VALUE)),
            Map.entry("timeout", ValueForm.numberFrom(1, Integer.MAX_VALUE)),
            Map.entry("idleTime", duration()),
            Map.entry("dataTimeout", duration()),
            Map.entry("heldPause", duration()),
            Map.entry(
                    "bytesInFlight",
                    new ValueForm(
                            "a number of bytes above zero, such as 8M",
                            text -> size(text).isPresent())),
            Map.entry("debug", bool()),
            Map.entry("startTLS", bool()),
            Map.entry("sslEnable", bool()),
            Map.entry("verifyServerIdentity", bool()),
            Map.entry("usePriority", bool()),
            Map.entry("loadBalancing", bool()),
            Map.entry(
                    "sendpartial",
                    new ValueForm("false, as a header names all recipients of its mail", "false"::equalsIgnoreCase)));

    private static final List<String> WITHOUT_FORM = List.of(
            "outgoing",
            "bounceProcessor",
            "onSuccess",
            "heloName",
            "bind",
            "gatewayUsername",
            "gatewayusername",
            "gatewayPassword",
            "onMailetException",
            "onMatchException");

    /** All that can be written in it. */
    static List<String> names() {
        return Stream.concat(FORMS.keySet().stream(), WITHOUT_FORM.stream())
                .sorted()
                .toList();
    }

    /** Everything that is wrong. The place is known to the caller. */
    static List<ConfigurationProblem> faults(MailetConfig config) {
        List<ConfigurationProblem> faults = new ArrayList<>();
        if (isBlank(config, "gateway")) {
            faults.add(ConfigurationProblem.of("<gateway>")
                    .then(" is missing; relaypod sends everything through one gateway"));
        }
        if (isBlank(config, "bounceProcessor")) {
            faults.add(ConfigurationProblem.of("<bounceProcessor>")
                    .then(" is missing; it keeps what cannot be delivered"));
        }
        for (String name : ImmutableList.copyOf(config.getInitParameterNames())) {
            if (name.startsWith(JAKARTA_MAIL)) {
                faults.add(ConfigurationProblem.of("<" + name + ">")
                        .then(" is a setting of Jakarta Mail, which relaypod does not use")
                        .cure("remove it"));
            }
            Optional.ofNullable(FORMS.get(name))
                    .filter(form -> !(name.equals("gateway") && isBlank(config, name)))
                    .flatMap(form ->
                            form.problem(ConfigurationProblem.of("<" + name + ">"), config.getInitParameter(name)))
                    .ifPresent(faults::add);
        }
        if (Stream.of("gateway", "gatewayPort")
                        .map(name -> text(config, name, ""))
                        .anyMatch(value -> SMTP2GRAPH_PORT.matcher(value).find())
                && !text(config, "mailsPerConnection", "100").equals("1")) {
            faults.add(losesMail("<gatewayPort> (UPSTREAM_PORT) is 2525, the port of smtp2graph"));
        }
        return faults;
    }

    /** @param gateway words that name smtp2graph as the gateway */
    static ConfigurationProblem losesMail(String gateway) {
        return ConfigurationProblem.of(gateway)
                .then(", which loses a mail if one connection carries two")
                .expected(MAILPIT);
    }

    private static boolean isBlank(MailetConfig config, String name) {
        return text(config, name, "").isEmpty();
    }

    private static ValueForm duration() {
        return new ValueForm("a duration above zero, such as 10 seconds", text -> isDuration(duration(text)));
    }

    private static ValueForm bool() {
        return new ValueForm(BOOLEAN, text -> text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false"));
    }

    // James takes a number without a unit for milliseconds, which nobody means for a retry.
    private static boolean areDelays(String text) {
        List<String> delays = Splitter.on(',').trimResults().omitEmptyStrings().splitToList(text);
        return !delays.isEmpty() && delays.stream().allMatch(DeliveryParameters::isDelay);
    }

    private static boolean isDelay(String text) {
        try {
            Delay delay = Delay.from(text);
            return !BARE_NUMBER
                            .matcher(text.substring(text.indexOf('*') + 1).strip())
                            .matches()
                    && delay.getAttempts() >= 1
                    && delay.getAttempts() <= MOST
                    && isDuration(delay.getDelayTime());
        } catch (Exception notRead) {
            return false;
        }
    }

    private static boolean isDuration(Duration duration) {
        return !duration.isZero() && !duration.isNegative() && duration.compareTo(LONGEST) <= 0;
    }

    private static boolean areGateways(String text) {
        return Splitter.on(',').trimResults().splitToList(text).stream()
                .allMatch(gateway ->
                        HOST.matcher(hostAndPort(gateway, 1).getHost()).matches());
    }

    /**
     * James adds the port of {@code <gatewayPort>} to a gateway without a colon.
     *
     * @throws IllegalArgumentException if it is neither HOST nor HOST:PORT
     */
    static HostAndPort hostAndPort(String gateway, int defaultPort) {
        int colon = gateway.lastIndexOf(':');
        if (colon < 0) {
            return HostAndPort.fromParts(gateway, defaultPort);
        }
        Optional<Integer> port = Optional.ofNullable(Ints.tryParse(gateway.substring(colon + 1)))
                .filter(number -> number >= 1 && number <= 65_535);
        if (colon == 0 || port.isEmpty() || gateway.indexOf(':') < colon) {
            throw new IllegalArgumentException("no gateway: " + gateway);
        }
        return HostAndPort.fromParts(gateway.substring(0, colon), port.get());
    }

    int number(String name, int defaultValue) {
        return Integer.parseInt(text(name, Integer.toString(defaultValue)));
    }

    long bytes(String name, String defaultValue) {
        return size(text(name, defaultValue)).orElseThrow();
    }

    Duration duration(String name, String defaultValue) {
        return duration(text(name, defaultValue));
    }

    private String text(String name, String defaultValue) {
        return text(config, name, defaultValue);
    }

    private static String text(MailetConfig config, String name, String defaultValue) {
        return Optional.ofNullable(config.getInitParameter(name))
                .orElse(defaultValue)
                .strip();
    }

    private static Optional<Long> size(String text) {
        return Optional.of(Size.parse(text).asBytes()).filter(bytes -> bytes > 0);
    }

    private static Duration duration(String text) {
        return DurationParser.parse(text, ChronoUnit.SECONDS);
    }
}
