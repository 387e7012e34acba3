package io.relaypod.dns;

import java.util.Locale;

import org.xbill.DNS.Name;

/** Whether a name can be that of a mail host, as far as the name itself says. */
public final class MailHostName {

    private MailHostName() {}

    /**
     * False for the root, for {@code localhost} and what is below it, {@code localhost.localdomain}, {@code invalid}
     * (RFC 6761), {@code onion} (RFC 7686), and for address literals: no name of a host ends in a number (RFC 3696
     * section 2) or holds a colon or a bracket.
     */
    static boolean isUsable(Name name) {
        if (name.equals(Name.root)) {
            return false;
        }
        String top = name.getLabelString(name.labels() - 2).toLowerCase(Locale.ROOT);
        return !isSpecial(top) && !isNumber(top) && !isLocalDomain(name, top) && !isLiteral(name.toString(true));
    }

    /** Whether nobody can have mail at the name: it is never looked up, as the answer is known (RFC 6761, RFC 7686). */
    public static boolean isSpecial(String topLevelDomain) {
        return topLevelDomain.equals("localhost") || topLevelDomain.equals("invalid") || topLevelDomain.equals("onion");
    }

    private static boolean isLocalDomain(Name name, String top) {
        return top.equals("localdomain")
                && name.labels() == 3
                && name.getLabelString(0).equalsIgnoreCase("localhost");
    }

    private static boolean isNumber(String label) {
        return label.chars().allMatch(character -> character >= '0' && character <= '9');
    }

    private static boolean isLiteral(String name) {
        return name.indexOf(':') >= 0 || name.indexOf('[') >= 0;
    }
}
