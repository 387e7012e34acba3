package io.relaypod.lab.dns;

import java.time.Duration;

/**
 * How {@link LabDns} treats the questions for a name and everything below it. Immutable.
 *
 * <pre>{@code
 * dns.behave("slow.test", Behaviour.delay(Duration.ofSeconds(1)));
 * }</pre>
 */
public sealed interface Behaviour permits Behaviour.Fixed, Behaviour.Delay, Behaviour.SilentFor, Behaviour.Invent {

    /** The behaviours that need no figure. */
    enum Fixed implements Behaviour {
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
    record Delay(Duration by) implements Behaviour {}

    /** Answers as the zone says, but nothing to questions of one type, such as AAAA. */
    record SilentFor(String type) implements Behaviour {}

    /** Gives this IPv4 address to every name that does not exist, as a provider's search page does. */
    record Invent(String address) implements Behaviour {}

    /** Denies the name, whatever the zone says. */
    static Behaviour nxdomain() {
        return Fixed.NXDOMAIN;
    }

    /** Over UDP the first record of the answer with the TC bit; over TCP, nothing. */
    static Behaviour truncatePart() {
        return Fixed.TRUNCATE_PART;
    }

    /** As the zone says, but nothing to questions of this type. */
    static Behaviour silentFor(String type) {
        return new SilentFor(type);
    }

    /** This address for what does not exist. */
    static Behaviour invent(String address) {
        return new Invent(address);
    }

    /** As the zone says; undoes the behaviour of a parent for this name. */
    static Behaviour answer() {
        return Fixed.ANSWER;
    }

    /** Never answers. */
    static Behaviour silence() {
        return Fixed.SILENCE;
    }

    /** Answers as the zone says, that much later; other questions do not wait for it. */
    static Behaviour delay(Duration by) {
        return new Delay(by);
    }

    /** Answers SERVFAIL. */
    static Behaviour servfail() {
        return Fixed.SERVFAIL;
    }

    /** Answers REFUSED. */
    static Behaviour refused() {
        return Fixed.REFUSED;
    }

    /** Over UDP an empty answer with the TC bit, whatever its size would be; the whole answer over TCP. */
    static Behaviour truncate() {
        return Fixed.TRUNCATE;
    }

    /** The right answer under another query's ID, then nothing. */
    static Behaviour wrongId() {
        return Fixed.WRONG_ID;
    }

    /** What a server says that is not responsible: NOERROR, no records, no SOA, not authoritative. */
    static Behaviour lame() {
        return Fixed.LAME;
    }

    /** Authoritative NOERROR without records and without the SOA that RFC 2308 asks for. */
    static Behaviour nodataWithoutSoa() {
        return Fixed.NODATA_WITHOUT_SOA;
    }

    /** The right ID, then bytes that are no DNS message. */
    static Behaviour garbage() {
        return Fixed.GARBAGE;
    }
}
