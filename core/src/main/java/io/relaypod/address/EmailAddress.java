package io.relaypod.address;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A mail address in the form in which two spellings of it are equal: lower case, as Exchange compares, no needless
 * quotes around the local part, the domain in A-labels.
 *
 * @param local the part before the {@code @}
 * @param domain the part behind it
 */
public record EmailAddress(String local, String domain) {

    // RFC 5322 3.4.1, with the blanks of RFC 822 around @, and the source route that RFC 5321 appendix C wants ignored.
    private static final Pattern ADDRESS = Pattern.compile(
            "(?:@[^:<>\"\\s]*:)?\\s*(?<local>\"(?:[^\"\\\\]|\\\\.)*+\"|[^\\s\"<>()@,;:\\\\]+)\\s*@\\s*(?<domain>[^\\s\"<>()@,;\\\\]+)",
            Pattern.DOTALL);
    // RFC 5321 section 4.5.3.1 allows 320; the limit bounds the time of the pattern.
    private static final int LONGEST = 1_000;
    private static final Pattern QUOTED_PAIR = Pattern.compile("\\\\(.)", Pattern.DOTALL);

    /** @return the address, or empty when the text is none */
    public static Optional<EmailAddress> parse(String text) {
        Matcher address = ADDRESS.matcher(text.strip());
        if (text.length() > LONGEST || !address.matches()) {
            return Optional.empty();
        }
        String local = address.group("local");
        String plain = local.startsWith("\"")
                ? QUOTED_PAIR.matcher(local.substring(1, local.length() - 1)).replaceAll("$1")
                : local;
        return Optional.of(of(plain, address.group("domain")));
    }

    /**
     * @param local without quotes
     * @param domain a name, or an address literal with or without its brackets
     */
    public static EmailAddress of(String local, String domain) {
        String name =
                domain.startsWith("[") && domain.endsWith("]") ? domain.substring(1, domain.length() - 1) : domain;
        return new EmailAddress(
                local.toLowerCase(Locale.ROOT),
                MailDomain.parse(name).map(MailDomain::name).orElseGet(() -> name.toLowerCase(Locale.ROOT)));
    }

    @Override
    public String toString() {
        return local + "@" + domain;
    }
}
