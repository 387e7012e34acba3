package io.relaypod.gateway;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;

/**
 * Finds mails that crash the gateway. A mail is a suspect if the gateway was lost {@value #LOSSES} times after it had
 * been sent the mail, although it had replied to the mail before. A suspect is sent while no other mail is in flight;
 * after {@value #LOSSES_ALONE} more losses it is poison. The counts are attributes of the mail. Thread-safe.
 */
final class PoisonGuard {

    static final int LOSSES = 2;
    static final int LOSSES_ALONE = 3;

    private static final AttributeName LOST = AttributeName.of("relaypod-gateway-lost");
    private static final AttributeName LOST_ALONE = AttributeName.of("relaypod-gateway-lost-alone");
    // An older reply says nothing about the state of the gateway now.
    private static final long RECENT = TimeUnit.MINUTES.toNanos(30);

    private Optional<Long> lastAccepted = Optional.empty();

    /** Whether the last attempt had a reply; only then is a mail blamed for a loss. */
    synchronized boolean isGatewayWell() {
        return lastAccepted.filter(last -> System.nanoTime() - last < RECENT).isPresent();
    }

    /** Records that the gateway replied to a whole mail, with any code. */
    synchronized void answered() {
        lastAccepted = Optional.of(System.nanoTime());
    }

    /** Records that the gateway was not reached, or was lost. */
    synchronized void lost() {
        lastAccepted = Optional.empty();
    }

    /** Whether the mail has to be sent while no other is in flight. */
    static boolean isSuspect(Mail mail) {
        return count(mail, LOST) >= LOSSES;
    }

    /** Whether the mail must not be sent again. */
    static boolean isPoison(Mail mail) {
        return count(mail, LOST_ALONE) >= LOSSES_ALONE;
    }

    static String reason(Mail mail) {
        return "the gateway was lost " + count(mail, LOST) + " times after it had been sent this mail, "
                + count(mail, LOST_ALONE)
                + " times while no other mail was in flight, although it had replied to the mail before";
    }

    /** Counts a loss of the gateway for the mail. */
    static void blame(Mail mail, boolean isAlone) {
        put(mail, LOST, count(mail, LOST) + 1);
        if (isAlone && count(mail, LOST) > LOSSES) {
            put(mail, LOST_ALONE, count(mail, LOST_ALONE) + 1);
        }
    }

    /** Resets the counts of the mail, because the gateway replied to it. */
    static void clear(Mail mail) {
        mail.removeAttribute(LOST);
        mail.removeAttribute(LOST_ALONE);
    }

    private static int count(Mail mail, AttributeName name) {
        return AttributeUtils.getValueAndCastFromMail(mail, name, Integer.class).orElse(0);
    }

    private static void put(Mail mail, AttributeName name, int count) {
        mail.setAttribute(new Attribute(name, AttributeValue.of(count)));
    }
}
