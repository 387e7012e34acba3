package io.relaypod.logins;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

import com.google.common.base.Splitter;
import io.relaypod.address.AddressSet;
import io.relaypod.throttle.SendingRate;

/**
 * Those who may log in, a line a login: name, hash, then {@code from=} and {@code rate=} in any order, with blanks
 * between. A line that begins with {@code #} is a comment. Immutable.
 *
 * <pre>{@code
 * calcom   $2b$10$...  from=noreply@example.com,@events.example.com  rate=30/m
 * printer  $2b$10$...
 * }</pre>
 */
public final class Logins {

    private static final int MAX_LOGINS = 10_000;
    // What James' Username takes.
    private static final Pattern NAME = Pattern.compile(
            "[!-~&&[^@]]{1,128}(@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*)?");
    private static final int LONGEST_NAME = 128;
    private static final Splitter WORDS = Splitter.onPattern("[ \\t]+").omitEmptyStrings();
    private static final String FROM = "from=";
    private static final String RATE = "rate=";

    private final Map<String, Login> byName;
    private final PasswordHash ofNobody;

    private Logins(Map<String, Login> byName) {
        this.byName = Map.copyOf(byName);
        this.ofNobody = PasswordHash.parse("$2b$"
                + byName.values().stream()
                        .mapToInt(login -> login.hash().cost())
                        .max()
                        .orElseThrow() + "$" + ".".repeat(53));
    }

    /**
     * @throws IllegalArgumentException naming a line that is wrong, and nothing of a hash; also when there is no login
     *     at all
     */
    public static Logins parse(List<String> lines) {
        Map<String, Login> byName = new HashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            try {
                Login login = login(WORDS.splitToList(line));
                if (byName.put(login.name(), login) != null) {
                    throw new IllegalArgumentException("a second login of the name " + login.name());
                }
            } catch (IllegalArgumentException wrong) {
                throw new IllegalArgumentException("line " + (i + 1) + ": " + wrong.getMessage(), wrong);
            }
        }
        if (byName.isEmpty()) {
            throw new IllegalArgumentException(
                    "no login; expected a line for each: name, hash, and from= or rate= where they are wanted");
        }
        if (byName.size() > MAX_LOGINS) {
            throw new IllegalArgumentException(byName.size() + " logins; expected at most " + MAX_LOGINS);
        }
        return new Logins(byName);
    }

    private static Login login(List<String> words) {
        if (words.size() < 2) {
            throw new IllegalArgumentException("one word; expected a name and a hash, with a blank between");
        }
        String name = words.get(0);
        if (name.length() > LONGEST_NAME || !NAME.matcher(name).matches()) {
            // It may be a hash in the wrong place.
            throw new IllegalArgumentException("the first word is no login's name; expected up to " + LONGEST_NAME
                    + " printable ASCII characters, or such with @ and a domain");
        }
        PasswordHash hash = PasswordHash.parse(words.get(1));
        Optional<AddressSet> from = Optional.empty();
        Optional<SendingRate> rate = Optional.empty();
        Set<String> seen = new HashSet<>();
        for (String word : words.subList(2, words.size())) {
            if (!seen.add(word.substring(0, Math.min(word.length(), FROM.length())))) {
                throw new IllegalArgumentException("from= or rate= twice; expected once");
            }
            if (word.startsWith(FROM)) {
                from = Optional.of(addresses(word.substring(FROM.length())));
            } else if (word.startsWith(RATE)) {
                rate = Optional.of(SendingRate.parse(word.substring(RATE.length())));
            } else {
                throw new IllegalArgumentException(
                        "'" + word + "' behind the hash; expected from= with addresses or @domains and commas between, "
                                + "without blanks, or rate= with " + SendingRate.EXPECTED);
            }
        }
        return new Login(name, hash, from, rate);
    }

    private static AddressSet addresses(String text) {
        try {
            AddressSet addresses = AddressSet.parse(text);
            if (addresses.isEmpty()) {
                throw new IllegalArgumentException("nothing");
            }
            return addresses;
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException(
                    "from= with " + wrong.getMessage() + "; expected addresses or @domains with commas between", wrong);
        }
    }

    public Optional<Login> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    public int size() {
        return byName.size();
    }

    /** A hash that is nobody's password's, and takes as long to try as the costliest. */
    PasswordHash ofNobody() {
        return ofNobody;
    }
}
