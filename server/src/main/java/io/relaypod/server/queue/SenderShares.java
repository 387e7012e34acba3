package io.relaypod.server.queue;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

import org.apache.mailet.Mail;

/**
 * Assigns senders to shares of the spool, so that the backlog of one sender does not delay another sender's mail. A
 * share is a queue at the broker. Thread-safe.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>All mail of a sender that is being stored goes to one share, until that share is empty.
 *   <li>A sender gets an unoccupied share if there is one, unless its client address has as many shares already as are
 *       unoccupied. So a client that uses many sender addresses leaves shares to the other clients.
 *   <li>Otherwise senders are distributed by a hash: to the shares of their client address, or to all.
 * </ul>
 *
 * <p>Nothing is kept over a restart: a share in which an earlier process left mail is occupied until it is empty.
 */
final class SenderShares {

    /** Shares of the spool. Each costs a queue and a session at the broker, and a thread, once it is used. */
    static final int COUNT = 16;

    // Further senders and clients are distributed by the hash: an entry is some hundred bytes.
    private static final int MAX_SENDERS = 1024;
    private static final int MAX_CLIENTS = 1024;

    private final Map<Sender, Integer> assigned = new HashMap<>();
    private final Map<String, BitSet> sharesOfClients = new HashMap<>();
    private final int[] beingStored = new int[COUNT];
    private final BitSet occupied = new BitSet(COUNT);

    /**
     * Whose mail it is.
     *
     * @param client the address of the SMTP client
     * @param address the envelope sender; empty for {@code MAIL FROM:<>}
     */
    record Sender(String client, String address) {

        static Sender of(Mail mail) {
            return new Sender(
                    String.valueOf(mail.getRemoteAddr()), mail.getMaybeSender().asString(""));
        }
    }

    /** The share for a mail of that sender. The caller calls {@link #stored} when the mail is there, or will not be. */
    synchronized int assign(Sender sender) {
        int share = Optional.ofNullable(assigned.get(sender)).orElseGet(() -> choose(sender));
        if (assigned.size() < MAX_SENDERS) {
            assigned.put(sender, share);
        }
        if (isClientRecorded(sender)) {
            sharesOfClients
                    .computeIfAbsent(sender.client(), isNew -> new BitSet(COUNT))
                    .set(share);
        }
        occupied.set(share);
        beingStored[share]++;
        return share;
    }

    private int choose(Sender sender) {
        int[] own = Optional.ofNullable(sharesOfClients.get(sender.client()))
                .map(shares -> shares.stream().toArray())
                .orElse(new int[0]);
        // A sender that cannot be recorded gets no further share, or each of its mails would take one.
        boolean isRecorded = own.length == 0 ? isClientRecorded(sender) : assigned.size() < MAX_SENDERS;
        if (isRecorded && own.length < COUNT - occupied.cardinality()) {
            return occupied.nextClearBit(0);
        }
        return own.length > 0
                ? own[Math.floorMod(sender.hashCode(), own.length)]
                : Math.floorMod(sender.client().hashCode(), COUNT);
    }

    private boolean isClientRecorded(Sender sender) {
        return sharesOfClients.containsKey(sender.client()) || sharesOfClients.size() < MAX_CLIENTS;
    }

    /** A mail that was assigned is in the share now, or was refused. */
    synchronized void stored(int share) {
        beingStored[share]--;
    }

    /** The share holds mail of unknown senders. */
    synchronized void occupied(int share) {
        occupied.set(share);
    }

    /**
     * The share is empty and none of its mails is in flight.
     *
     * @return whether no mail is on its way to the share
     */
    synchronized boolean empty(int share) {
        if (beingStored[share] > 0) {
            return false;
        }
        if (occupied.get(share)) {
            occupied.clear(share);
            assigned.values().removeIf(other -> other == share);
            sharesOfClients.values().forEach(shares -> shares.clear(share));
            sharesOfClients.values().removeIf(BitSet::isEmpty);
        }
        return true;
    }
}
