package io.relaypod.server.settings;

import static com.google.common.base.Preconditions.checkArgument;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.google.common.base.Splitter;
import com.google.common.net.HostAndPort;
import com.google.common.net.InetAddresses;
import io.relaypod.configuration.ValueForm;
import org.apache.james.util.DurationParser;
import org.apache.james.util.Size;
import org.xbill.DNS.ResolverConfig;

/** The forms that several variables have, and parsers that throw {@link IllegalArgumentException}. Stateless. */
final class VariableForms {

    static final ValueForm BOOLEAN = ValueForm.oneOf("true", "false");
    static final ValueForm SIZE_ABOVE_ZERO = size(" above zero", 1, "");
    static final ValueForm SIZE_OR_NO_LIMIT = size("", 1, "; 0 for no limit");

    static final ValueForm ADDRESS =
            ValueForm.parsed(":port or host:port, where host is a name or an IPv4 address", ListenAddress::parse);
    static final ValueForm ADDRESS_OR_OFF =
            new ValueForm(ADDRESS.words() + "; or off", text -> text.equals("off") || ADDRESS.accepts(text));
    static final ValueForm ADDRESSES_AND_DOMAINS =
            ValueForm.parsed("mail addresses or @domains, separated by commas", VariableForms::addressesAndDomains);

    private static final int DNS_PORT = 53;
    // A larger value is a mistake. Products and sums of smaller ones are far below the largest long.
    private static final long LARGEST_SIZE = 1L << 40;
    private static final Duration LONGEST = Duration.ofDays(3650);
    private static final Pattern SIZE = Pattern.compile("\\d{1,12}[kKmMgG]?");
    private static final Pattern BARE_NUMBER = Pattern.compile("\\d+");
    private static final Pattern ADDRESS_OR_DOMAIN = Pattern.compile("[^\\s@,]*@[a-z0-9]([a-z0-9.-]*[a-z0-9])?");

    private VariableForms() {}

    static ValueForm numberOrNoLimit(String noun, int most) {
        ValueForm number = ValueForm.number(noun, 1, most);
        return new ValueForm(
                number.words() + ", or 0 for no limit", text -> text.matches("0+") || number.accepts(text));
    }

    /** @param zero words about 0; empty if 0 is not allowed */
    static ValueForm size(String condition, long least, String zero) {
        return new ValueForm(
                "a number of bytes" + condition + ", or one with K, M or G behind it, 1024G at most" + zero,
                text -> toBytes(text) >= least || toBytes(text) == 0 && !zero.isEmpty());
    }

    static ValueForm duration(String examples) {
        return ValueForm.parsed("a duration from 1ms to 3650d, such as " + examples, VariableForms::toDuration);
    }

    static ValueForm path(String words) {
        return ValueForm.parsed(words, Path::of);
    }

    static long toBytes(String value) {
        checkArgument(SIZE.matcher(value).matches());
        Size size = Size.parse(value, Size.Unit.NoUnit);
        // James multiplies beyond the largest long.
        checkArgument(
                size.getValue() <= LARGEST_SIZE && size.asBytes() <= LARGEST_SIZE && size.asBytes() >= size.getValue());
        return size.asBytes();
    }

    static Duration toDuration(String value) {
        // James would read a bare number as milliseconds.
        checkArgument(!BARE_NUMBER.matcher(value).matches());
        Duration duration = DurationParser.parse(value);
        checkArgument(!duration.isNegative() && !duration.isZero() && duration.compareTo(LONGEST) <= 0);
        return duration;
    }

    static String host(String value) {
        checkArgument(ListenAddress.HOST.matcher(value).matches());
        return value;
    }

    static Set<String> hosts(String value) {
        return list(Splitter.onPattern("[,\\s]+"), value).stream()
                .map(VariableForms::host)
                .collect(Collectors.toUnmodifiableSet());
    }

    static List<String> addressesAndDomains(String value) {
        List<String> entries = list(Splitter.on(',').trimResults(), value.toLowerCase(Locale.ROOT));
        checkArgument(entries.stream()
                .allMatch(entry -> ADDRESS_OR_DOMAIN.matcher(entry).matches()));
        return entries;
    }

    // Only separators are a mistake.
    private static List<String> list(Splitter splitter, String value) {
        List<String> entries = splitter.omitEmptyStrings().splitToList(value);
        checkArgument(value.isEmpty() || !entries.isEmpty());
        return entries;
    }

    static List<InetSocketAddress> dnsServers(String value) {
        if (value.isEmpty()) {
            return ResolverConfig.getCurrentConfig().servers();
        }
        return Splitter.on(',')
                .trimResults()
                .splitToStream(value)
                .map(HostAndPort::fromString)
                .map(server -> new InetSocketAddress(
                        InetAddresses.forString(server.getHost()), server.getPortOrDefault(DNS_PORT)))
                .peek(server -> checkArgument(server.getPort() > 0))
                .collect(Collectors.toUnmodifiableList());
    }
}
