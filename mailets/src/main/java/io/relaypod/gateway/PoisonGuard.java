package io.relaypod.gateway;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;

/**
 * Finds the mail that ends the gateway. A mail is a suspect if the gateway was lost {@value #LOSSES} times when it had
 * been given the mail, although it had accepted others just before. A suspect is handed over alone, so that no other
 * mail shares the blame; after {@value #LOSSES_ALONE} losses alone it is poison. What is known of a mail travels with
 * it. Thread-safe.
 */
final class PoisonGuard {

    static final int LOSSES = 2;
    static final int LOSSES_ALONE = 3;

    private static final AttributeName LOST = AttributeName.of("relaypod-gateway-lost");
    private static final AttributeName LOST_ALONE = AttributeName.of("relaypod-gateway-lost-alone");
    // What was accepted longer ago says nothing about now.
    private static final long RECENT = TimeUnit.MINUTES.toNanos(30);

    private Optional<Long> lastAccepted = Optional.empty();

    /** Whether the gateway has last been seen to work: what it is given then and does not survive is to blame. */
    synchronized boolean isGatewayWell() {
        return lastAccepted.filter(last -> System.nanoTime() - last < RECENT).isPresent();
    }

    /** The gateway has answered for a whole mail, with whatever code. */
    synchronized void answered() {
        lastAccepted = Optional.of(System.nanoTime());
    }

    /** The gateway was not reached, or was lost. */
    synchronized void lost() {
        lastAccepted = Optional.empty();
    }

    /** Whether the mail has to be handed over alone. */
    static boolean isSuspect(Mail mail) {
        return count(mail, LOST) >= LOSSES;
    }

    /** Whether the mail must not be handed over again. */
    static boolean isPoison(Mail mail) {
        return count(mail, LOST_ALONE) >= LOSSES_ALONE;
    }

    static String reason(Mail mail) {
        return "the gateway was lost " + count(mail, LOST) + " times when it had been given this mail, "
                + count(mail, LOST_ALONE)
                + " times when no other mail was under way, although it accepted others before";
    }

    /** Blames the mail for a loss. */
    static void blame(Mail mail, boolean isAlone) {
        put(mail, LOST, count(mail, LOST) + 1);
        if (isAlone && count(mail, LOST) > LOSSES) {
            put(mail, LOST_ALONE, count(mail, LOST_ALONE) + 1);
        }
    }

    /** The gateway has survived the mail. */
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
