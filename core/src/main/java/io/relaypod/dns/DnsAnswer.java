package io.relaypod.dns;

import java.net.InetAddress;
import java.util.List;

import org.xbill.DNS.Name;

/** What DNS says about a name: a few names or addresses, however many the message had. Immutable. */
public sealed interface DnsAnswer {

    /** How many names or addresses an answer holds at most. */
    int MOST_KEPT = 10;

    /**
     * There are MX records.
     *
     * @param usable hosts that can be asked for, best preference first; {@link #MOST_KEPT} at most
     * @param unusable hosts such as {@code localhost} (never the root, which says that there is no host); a few
     * @param found how many usable hosts the message had
     */
    record MxRecords(List<Name> usable, List<Name> unusable, int found) implements DnsAnswer {
        public MxRecords {
            usable = List.copyOf(usable);
            unusable = List.copyOf(unusable);
        }

        /** RFC 7505. */
        public boolean isNullMx() {
            return usable.isEmpty() && unusable.isEmpty();
        }
    }

    /**
     * There are addresses.
     *
     * @param usable those that a mail host can have, routable ones first; {@link #MOST_KEPT} at most
     * @param unusable others; a few
     */
    record AddressRecords(List<InetAddress> usable, List<InetAddress> unusable) implements DnsAnswer {
        public AddressRecords {
            usable = List.copyOf(usable);
            unusable = List.copyOf(unusable);
        }
    }

    /** There are records of another type that was asked for. */
    record OtherRecords() implements DnsAnswer {}

    /** The name stands for another, of which the message says nothing. */
    record Alias(Name target) implements DnsAnswer {}

    /** The name exists, without such records. */
    record NoRecords() implements DnsAnswer {}

    /**
     * The name does not exist (NXDOMAIN).
     *
     * @param isOfAlias whether it is an alias' target that does not exist, and not the name that was asked for
     */
    record NoSuchName(boolean isOfAlias) implements DnsAnswer {}

    /** Whether there are records that mail can be sent by; what else is said may refuse a recipient. */
    default boolean isGood() {
        return this instanceof MxRecords exchangers && !exchangers.usable().isEmpty()
                || this instanceof AddressRecords addresses
                        && !addresses.usable().isEmpty()
                || this instanceof OtherRecords;
    }
}
