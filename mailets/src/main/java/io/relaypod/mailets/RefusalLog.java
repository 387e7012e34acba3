package io.relaypod.mailets;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import org.apache.james.core.MailAddress;
import org.apache.james.protocols.smtp.SMTPSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.relaypod.domain.RecipientAnswer;

/**
 * A line for each refused recipient while they are few. Of a flood ten lines a second, and a second later how many were left out: writing
 * each would cost as much as refusing it. Thread-safe.
 */
final class RefusalLog {

    static final int LINES_A_SECOND = 10;

    private static final Logger LOGGER = LoggerFactory.getLogger(RefusalLog.class);

    private final LongSupplier nanoClock;
    private final Executor aSecondLater;
    private long second;
    private int lines;
    private long leftOut;

    RefusalLog() {
        this(System::nanoTime, CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS));
    }

    RefusalLog(LongSupplier nanoClock, Executor aSecondLater) {
        this.nanoClock = nanoClock;
        this.aSecondLater = aSecondLater;
    }

    void refused(SMTPSession session, MailAddress recipient, RecipientAnswer answer) {
        if (hasRoom()) {
            LOGGER.info("event=rcpt-refused session={} client={} domain={} outcome={} code={}", session.getSessionID(),
                session.getRemoteAddress().getAddress().getHostAddress(), recipient.getDomain().asString(), answer.outcome(), answer.code());
        }
        if (LOGGER.isDebugEnabled()) {
            LOGGER.debug("event=rcpt-refused session={} rcpt={}", session.getSessionID(), recipient);
        }
    }

    synchronized boolean hasRoom() {
        long now = TimeUnit.NANOSECONDS.toSeconds(nanoClock.getAsLong());
        if (now != second) {
            second = now;
            lines = 0;
        }
        if (lines < LINES_A_SECOND) {
            lines++;
            return true;
        }
        if (leftOut++ == 0) {
            aSecondLater.execute(this::sayLeftOut);
        }
        return false;
    }

    private synchronized void sayLeftOut() {
        LOGGER.info("event=rcpt-refused-more refusals={} reason=\"not logged one by one, more than {} a second\"", leftOut, LINES_A_SECOND);
        leftOut = 0;
    }
}
