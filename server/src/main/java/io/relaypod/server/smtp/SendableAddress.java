package io.relaypod.server.smtp;

import org.apache.james.core.MailAddress;

/**
 * Which addresses Jakarta Mail, Mailpit and smtp2graph all take. James takes more of RFC 5321's quoted local parts, a CR within one
 * even; such a mail would be refused behind us, after we said 250.
 */
final class SendableAddress {

    // RFC 5321 4.5.3.1.1 and .3, less the brackets of a path
    private static final int MAX_LOCAL_PART = 64;
    private static final int MAX_ADDRESS = 254;

    private static final String ATOM_SIGNS = "!#$%&'*+/=?^_`{|}~-";

    private SendableAddress() {
    }

    static boolean is(MailAddress address) {
        String localPart = address.getLocalPart();
        return localPart.length() <= MAX_LOCAL_PART && address.asString().length() <= MAX_ADDRESS
            && (localPart.startsWith("\"") ? isQuoted(localPart) : isAtoms(localPart));
    }

    // By hand, as it is done for every recipient: atoms with a dot between them.
    private static boolean isAtoms(String text) {
        char before = '.';
        for (int at = 0; at < text.length(); at++) {
            char character = text.charAt(at);
            if (character == '.' ? before == '.' : !isAtomCharacter(character)) {
                return false;
            }
            before = character;
        }
        return before != '.';
    }

    private static boolean isAtomCharacter(char character) {
        return character >= 'a' && character <= 'z' || character >= 'A' && character <= 'Z' || character >= '0' && character <= '9'
            || ATOM_SIGNS.indexOf(character) >= 0;
    }

    // Mailpit refuses blanks in quotes, smtp2graph a second @.
    private static boolean isQuoted(String text) {
        int last = text.length() - 1;
        return last > 1 && text.charAt(last) == '"' && text.substring(1, last).chars()
            .allMatch(character -> character > ' ' && character <= '~' && "\"\\<>@".indexOf(character) < 0);
    }
}
