package io.relaypod.lab.dns;

import java.time.Duration;

/**
 * How {@link LabDns} treats the questions for a name and everything below it. Immutable.
 *
 * <pre>{@code
 * dns.behave("slow.test", DnsBehaviour.delay(Duration.ofSeconds(1)));
 * }</pre>
 */
public sealed interface DnsBehaviour
        permits DnsBehaviour.Fixed, DnsBehaviour.Delay, DnsBehaviour.SilentFor, DnsBehaviour.Invent {

    /** The behaviours that need no figure. */
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

    /** Answers as the zone says, but later. */
    record Delay(Duration by) implements DnsBehaviour {}

    /** Answers as the zone says, but nothing to questions of one type, such as AAAA. */
    record SilentFor(String type) implements DnsBehaviour {}

    /** Gives this IPv4 address to every name that does not exist, as a provider's search page does. */
    record Invent(String address) implements DnsBehaviour {}

    /** Denies the name, whatever the zone says. */
    static DnsBehaviour nxdomain() {
        return Fixed.NXDOMAIN;
    }

    /** Over UDP the first record of the answer with the TC bit; over TCP, nothing. */
    static DnsBehaviour truncatePart() {
        return Fixed.TRUNCATE_PART;
    }

    /** As the zone says, but nothing to questions of this type. */
    static DnsBehaviour silentFor(String type) {
        return new SilentFor(type);
    }

    /** This address for what does not exist. */
    static DnsBehaviour invent(String address) {
        return new Invent(address);
    }

    /** As the zone says; undoes the behaviour of a parent for this name. */
    static DnsBehaviour answer() {
        return Fixed.ANSWER;
    }

    /** Never answers. */
    static DnsBehaviour silence() {
        return Fixed.SILENCE;
    }

    /** Answers as the zone says, that much later; other questions do not wait for it. */
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

    /** Over UDP an empty answer with the TC bit, whatever its size would be; the whole answer over TCP. */
    static DnsBehaviour truncate() {
        return Fixed.TRUNCATE;
    }

    /** The right answer under another query's ID, then nothing. */
    static DnsBehaviour wrongId() {
        return Fixed.WRONG_ID;
    }

    /** What a server says that is not responsible: NOERROR, no records, no SOA, not authoritative. */
    static DnsBehaviour lame() {
        return Fixed.LAME;
    }

    /** Authoritative NOERROR without records and without the SOA that RFC 2308 asks for. */
    static DnsBehaviour nodataWithoutSoa() {
        return Fixed.NODATA_WITHOUT_SOA;
    }

    /** The right ID, then bytes that are no DNS message. */
    static DnsBehaviour garbage() {
        return Fixed.GARBAGE;
    }
}
