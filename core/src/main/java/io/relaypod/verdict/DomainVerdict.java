package io.relaypod.verdict;

import java.util.List;

/** What is known of a domain's ability to receive mail (RFC 5321 section 5.1, RFC 7505). */
public sealed interface DomainVerdict {

    /**
     * The domain names its mail exchangers.
     *
     * @param exchangers host names, best preference first; some of them
     */
    record HasMx(List<String> exchangers) implements DomainVerdict {
        public HasMx {
            exchangers = List.copyOf(exchangers);
        }
    }

    /**
     * No MX record, but an address: the domain is its own mail exchanger (RFC 5321 section 5.1, "implicit MX").
     *
     * @param addresses IPv4 and IPv6 addresses as text, some of those known when the verdict was reached
     */
    record ImplicitMx(List<String> addresses) implements DomainVerdict {
        public ImplicitMx {
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * Nobody can receive mail there.
     *
     * @param domainExists false when the name itself does not exist (NXDOMAIN)
     */
    record NoMailHost(boolean domainExists) implements DomainVerdict {}

    /**
     * The domain names mail exchangers, and none of them can be one, such as {@code localhost}, or has an address that
     * the Internet can reach.
     *
     * @param exchangers host names, best preference first; some of them
     */
    record UnreachableMx(List<String> exchangers) implements DomainVerdict {
        public UnreachableMx {
            exchangers = List.copyOf(exchangers);
        }
    }

    /**
     * No MX record, and only addresses that no mail host can have, such as 127.0.0.1 or 0.0.0.0 (RFC 5321 section 5.1).
     *
     * @param addresses as text, some of them
     */
    record UnusableImplicitMx(List<String> addresses) implements DomainVerdict {
        public UnusableImplicitMx {
            addresses = List.copyOf(addresses);
        }
    }

    /** Nobody but postmaster can have mail there: {@code localhost} and what is below it (RFC 6761 section 6.3). */
    record OwnHost() implements DomainVerdict {}

    /** The domain says that it takes no mail: a null MX (RFC 7505). */
    record NullMx() implements DomainVerdict {}

    /** The admin's list says that it is accepted; DNS was not asked. */
    record Allowed() implements DomainVerdict {}

    /** The admin's list says that it is not; DNS was not asked. */
    record Denied() implements DomainVerdict {}

    /**
     * DNS gave no usable answer; asking again later may.
     *
     * @param reason for the log and the operator, such as {@code SERVFAIL} or {@code timeout}
     */
    record Unknown(String reason) implements DomainVerdict {}

    /** DNS was not asked, as too many questions of the client, or in all, were under way already. */
    record NotAsked() implements DomainVerdict {}

    /** Whether this is an answer, and so may be remembered. */
    default boolean isKnown() {
        return !(this instanceof Unknown) && !(this instanceof NotAsked);
    }

    /** Whether DNS says so, and a recipient is refused for it. */
    default boolean isDenial() {
        return isKnown() && !(this instanceof HasMx) && !(this instanceof ImplicitMx) && !(this instanceof Allowed);
    }

    /** The names and addresses that it holds. */
    default List<String> texts() {
        if (this instanceof HasMx mx) {
            return mx.exchangers();
        }
        if (this instanceof ImplicitMx implicit) {
            return implicit.addresses();
        }
        if (this instanceof UnreachableMx mx) {
            return mx.exchangers();
        }
        return this instanceof UnusableImplicitMx implicit ? implicit.addresses() : List.of();
    }
}
