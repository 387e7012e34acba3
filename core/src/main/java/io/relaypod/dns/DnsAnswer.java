package io.relaypod.dns;

import java.net.InetAddress;
import java.util.List;

import org.xbill.DNS.Name;

/** An answer of DNS about a name. It holds a few names or addresses, however many the message had. Immutable. */
public sealed interface DnsAnswer {

    /** The largest number of names or addresses that an answer holds. */
    int MAX_KEPT = 10;

    /**
     * There are MX records.
     *
     * @param usable hosts whose addresses can be queried, best preference first; {@link #MAX_KEPT} at most
     * @param unusable hosts such as {@code localhost}, but not the root; a few
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
     * @param usable those that a mail host can have, routable ones first; {@link #MAX_KEPT} at most
     * @param unusable others; a few
     */
    record AddressRecords(List<InetAddress> usable, List<InetAddress> unusable) implements DnsAnswer {
        public AddressRecords {
            usable = List.copyOf(usable);
            unusable = List.copyOf(unusable);
        }
    }

    /** There are records of another type, which was queried. */
    record OtherRecords() implements DnsAnswer {}

    /** The name is an alias, and the message has no records of its target. */
    record Alias(Name target) implements DnsAnswer {}

    /** The name exists, without such records. */
    record NoRecords() implements DnsAnswer {}

    /**
     * The name does not exist (NXDOMAIN).
     *
     * @param isOfAlias whether the target of an alias does not exist, and not the name of the query
     */
    record NoSuchName(boolean isOfAlias) implements DnsAnswer {}

    /** Whether the answer has records by which mail can be sent. Any other answer may lead to a refusal. */
    default boolean isGood() {
        return this instanceof MxRecords exchangers && !exchangers.usable().isEmpty()
                || this instanceof AddressRecords addresses
                        && !addresses.usable().isEmpty()
                || this instanceof OtherRecords;
    }
}
