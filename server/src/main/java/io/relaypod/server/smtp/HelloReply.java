package io.relaypod.server.smtp;

import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPResponse;

/** Removes from James' reply to HELO and EHLO a closing parenthesis that has no opening one. */
final class HelloReply {

    private static final String STRAY = ")";
    // "250-" or "250 "
    private static final int CODE = 4;

    private HelloReply() {}

    static Response of(Response ofJames) {
        String first = text(ofJames.getLines().get(0));
        SMTPResponse reply = new SMTPResponse(
                ofJames.getRetCode(),
                first.endsWith(STRAY) ? first.substring(0, first.length() - STRAY.length()) : first);
        ofJames.getLines().stream().skip(1).map(HelloReply::text).forEach(reply::appendLine);
        return reply;
    }

    private static String text(CharSequence line) {
        return line.toString().substring(CODE);
    }
}
