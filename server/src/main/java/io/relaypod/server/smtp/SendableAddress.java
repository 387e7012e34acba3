package io.relaypod.server.smtp;

import java.util.regex.Pattern;

import org.apache.james.core.MailAddress;

/**
 * Which addresses Jakarta Mail, Mailpit and smtp2graph all take. James takes more of RFC 5321's quoted local parts, a CR within one
 * even; such a mail would be refused behind us, after we said 250.
 */
final class SendableAddress {

    // RFC 5321 4.5.3.1.1 and .3, less the brackets of a path
    private static final int MAX_LOCAL_PART = 64;
    private static final int MAX_ADDRESS = 254;

    // Mailpit refuses blanks in quotes, smtp2graph a second @.
    private static final String ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
    private static final Pattern LOCAL_PART = Pattern.compile(ATOM + "(\\." + ATOM + ")*|\"[!#-;=?A-\\[\\]-~]+\"");

    private SendableAddress() {
    }

    static boolean is(MailAddress address) {
        String localPart = address.getLocalPart();
        return localPart.length() <= MAX_LOCAL_PART && address.asString().length() <= MAX_ADDRESS && LOCAL_PART.matcher(localPart).matches();
    }
}
