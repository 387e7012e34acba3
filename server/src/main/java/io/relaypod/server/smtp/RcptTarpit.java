package io.relaypod.server.smtp;

import java.time.Duration;
import java.util.Collection;

import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Slows a session that is refused one recipient after the other, and never closes it: a client library that keeps its
 * connection would lose the good mails behind the bad addresses.
 *
 * <p>The first {@code MAX_BAD_RCPTS / 2} refusals cost no time; each further one waits {@value #STEP_MILLIS} ms longer
 * than the one before, up to {@value #LONGEST_MILLIS} ms. An accepted mail begins the count anew, and each accepted
 * recipient of a transaction pays for {@value #REFUSALS_PER_ACCEPTED} refused ones: nine bad addresses in ten are an
 * old list of recipients, more are a search for addresses. What a session has is one number. Each method is for the
 * session's thread.
 */
final class RcptTarpit {

    private static final Logger LOGGER = LoggerFactory.getLogger(RcptTarpit.class);

    private static final AttachmentKey<Integer> REFUSED = AttachmentKey.of("relaypod.refusals", Integer.class);

    private static final long STEP_MILLIS = 100;
    // Every client library waits longer than this for a reply; RFC 5321 4.5.3.2.3 asks for 5 minutes.
    private static final long LONGEST_MILLIS = 2_000;
    private static final int REFUSALS_PER_ACCEPTED = 10;

    private final int badRecipients;

    /** @param badRecipients {@code MAX_BAD_RCPTS}; 0 for no delay */
    RcptTarpit(int badRecipients) {
        this.badRecipients = badRecipients;
    }

    /** Counts a recipient that was refused permanently; returns how long the client shall wait for its reply. */
    Duration refused(SMTPSession session) {
        if (badRecipients == 0) {
            return Duration.ZERO;
        }
        int refused = session.getAttachment(REFUSED, State.Connection).orElse(0) + 1;
        session.setAttachment(REFUSED, refused, State.Connection);
        if (refused == badRecipients + 1) {
            LOGGER.info(
                    "event=slowed session={} client={} refused-rcpts={}",
                    session.getSessionID(),
                    session.getRemoteAddress().getAddress().getHostAddress(),
                    refused);
        }
        long unpaid = (long) refused - (long) REFUSALS_PER_ACCEPTED * accepted(session);
        return Duration.ofMillis(Math.min(LONGEST_MILLIS, Math.max(0, unpaid - badRecipients / 2) * STEP_MILLIS));
    }

    private static int accepted(SMTPSession session) {
        return session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction)
                .map(Collection::size)
                .orElse(0);
    }

    /** The session has sent a mail that was accepted. */
    static void mailAccepted(SMTPSession session) {
        session.removeAttachment(REFUSED, State.Connection);
    }
}
