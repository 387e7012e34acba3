package io.relaypod.server.smtp;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

import javax.mail.internet.AddressException;

import org.apache.james.core.MailAddress;

import io.netty.buffer.ByteBuf;

/**
 * Finds the recipient in a RCPT line, so that DNS can be asked before James reads it: the one that James will find, whatever stands around
 * it. What is read otherwise here, {@link io.relaypod.mailets.MxRcptHook} has to ask about on a thread that others wait for.
 */
final class RcptLine {

    private static final String COMMAND = "RCPT TO:";

    // What James completes an address with that has no domain.
    private static final String DEFAULT_DOMAIN = "@localhost";

    private RcptLine() {
    }

    /** @return empty when the line is no RCPT, or one that James refuses for its syntax */
    static Optional<MailAddress> recipient(ByteBuf line) {
        // Most lines are no RCPT; what looks like a blank James takes off.
        int first = line.isReadable() ? line.getByte(line.readerIndex()) : 0;
        if (first > ' ' && first != 'R' && first != 'r') {
            return Optional.empty();
        }
        String command = line.toString(StandardCharsets.US_ASCII).trim();
        if (!command.regionMatches(true, 0, COMMAND, 0, COMMAND.length())) {
            return Optional.empty();
        }
        return path(command).flatMap(RcptLine::parse);
    }

    /** What the client names between its brackets, whether it is an address or not. */
    static Optional<String> path(String command) {
        int begin = command.indexOf('<');
        int end = command.lastIndexOf('>');
        return begin < 0 || end < begin ? Optional.empty() : Optional.of(command.substring(begin + 1, end));
    }

    private static Optional<MailAddress> parse(String address) {
        try {
            return Optional.of(new MailAddress(address.indexOf('@') < 0 ? address + DEFAULT_DOMAIN : address));
        } catch (AddressException | RuntimeException refusedByJamesToo) {
            return Optional.empty();
        }
    }
}
