package io.relaypod.lab.dns;

import java.time.Duration;

/**
 * How {@link LabDns} answers the queries for a name and for all names below it. Immutable.
 *
 * <pre>{@code
 * dns.behave("slow.test", DnsBehaviour.delay(Duration.ofSeconds(1)));
 * }</pre>
 */
public sealed interface DnsBehaviour
        permits DnsBehaviour.Fixed, DnsBehaviour.Delay, DnsBehaviour.SilentFor, DnsBehaviour.Invent {

    /** The behaviours without a parameter. */
    enum Fixed implements DnsBehaviour {
        ANSWER,
        SILENCE,
        SERVFAIL,
        REFUSED,
        NXDOMAIN,
        TRUNCATE,
        TRUNCATE_PART,
        WRONG_ID,
        LAME,
        NODATA_WITHOUT_SOA,
        GARBAGE,
        OPT_IN_ANSWER,
        ONLY_IN_ADDITIONAL,
        EDNS_FORMERR,
        EDNS_FORMERR_BARE,
        EDNS_FORMERR_ECHO,
        EDNS_NOTIMP,
        EDNS_BADVERS,
        EDNS_SERVFAIL,
        EDNS_SILENCE
    }

    /** Answers with the records of the zone, after a delay. */
    record Delay(Duration by) implements DnsBehaviour {}

    /** Answers with the records of the zone, but does not answer queries of one type, such as AAAA. */
    record SilentFor(String type) implements DnsBehaviour {}

    /** Answers with this IPv4 address for names that do not exist, as a provider with a search page does. */
    record Invent(String address) implements DnsBehaviour {}

    /** Denies the name, even if the zone has it. */
    static DnsBehaviour nxdomain() {
        return Fixed.NXDOMAIN;
    }

    /** Over UDP answers with the first record and the TC bit. Over TCP does not answer. */
    static DnsBehaviour truncatePart() {
        return Fixed.TRUNCATE_PART;
    }

    /** Answers with the records of the zone, but does not answer queries of this type. */
    static DnsBehaviour silentFor(String type) {
        return new SilentFor(type);
    }

    /** Answers with this address for names that do not exist. */
    static DnsBehaviour invent(String address) {
        return new Invent(address);
    }

    /** Answers with the records of the zone. Overrides the behaviour of a parent for this name. */
    static DnsBehaviour answer() {
        return Fixed.ANSWER;
    }

    /** Never answers. */
    static DnsBehaviour silence() {
        return Fixed.SILENCE;
    }

    /** Answers with the records of the zone, after a delay. Other queries are not delayed. */
    static DnsBehaviour delay(Duration by) {
        return new Delay(by);
    }

    /** Answers SERVFAIL. */
    static DnsBehaviour servfail() {
        return Fixed.SERVFAIL;
    }

    /** Answers REFUSED. */
    static DnsBehaviour refused() {
        return Fixed.REFUSED;
    }

    /** Over UDP answers with no records and the TC bit, whatever the size. Over TCP answers with all records. */
    static DnsBehaviour truncate() {
        return Fixed.TRUNCATE;
    }

    /** Sends the right answer with a wrong ID, and nothing else. */
    static DnsBehaviour wrongId() {
        return Fixed.WRONG_ID;
    }

    /** Answers as a server that is not responsible: NOERROR, no records, no SOA, not authoritative. */
    static DnsBehaviour lame() {
        return Fixed.LAME;
    }

    /** Answers with an authoritative NOERROR without records, and without the SOA that RFC 2308 requires. */
    static DnsBehaviour nodataWithoutSoa() {
        return Fixed.NODATA_WITHOUT_SOA;
    }

    /** Answers with the right ID, followed by bytes that are no DNS message. */
    static DnsBehaviour garbage() {
        return Fixed.GARBAGE;
    }
}
