package io.relaypod.domain;

import java.time.Duration;
import java.util.Optional;

import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;

/**
 * The names that DNS said do not exist, and so nothing below them (RFC 8020): a flood of random sub-domains of a domain that does not
 * exist costs one query. Bounded, thread-safe.
 *
 * <p>Learned from an NXDOMAIN are the name that was asked for and, when a top-level domain gave the answer, the domain directly below
 * it: a registry delegates and does nothing else, so what it denies it denies from there down. Any other zone may hold the names between
 * itself and the one asked for, empty non-terminals too, so nothing is concluded about those; nor from the root, as a resolver may know
 * zones that the root does not.
 */
final class NonexistentDomains {

    private final Cache<Name, Boolean> names;

    NonexistentDomains(Duration timeToLive, long maxEntries, Ticker ticker) {
        this.names = Caffeine.newBuilder().ticker(ticker).expireAfterWrite(timeToLive).maximumSize(maxEntries).build();
    }

    /** Learns from an answer; one that denies nothing teaches nothing. */
    void learn(Message answer) {
        // An alias was followed: it is the alias' target that does not exist.
        if (answer.getRcode() != Rcode.NXDOMAIN || !answer.getSection(Section.ANSWER).isEmpty()) {
            return;
        }
        Name asked = lowerCase(answer.getQuestion().getName());
        names.put(asked, true);
        denyingZone(answer)
            .filter(zone -> labels(zone) == 1 && asked.subdomain(zone) && labels(asked) > 2)
            .ifPresent(zone -> names.put(new Name(asked, labels(asked) - 2), true));
    }

    /** Whether the name is known not to exist, by itself or because a name above it does not. */
    boolean contains(Name name) {
        Name candidate = lowerCase(name);
        for (int skipped = 0; labels(candidate) > 1; skipped++) {
            if (names.getIfPresent(candidate) != null) {
                return true;
            }
            candidate = new Name(lowerCase(name), skipped + 1);
        }
        return false;
    }

    private static Optional<Name> denyingZone(Message answer) {
        return answer.getSection(Section.AUTHORITY).stream()
            .filter(record -> record.getType() == Type.SOA)
            .map(Record::getName)
            .findFirst();
    }

    /** Without the root's. */
    private static int labels(Name name) {
        return name.labels() - 1;
    }

    private static Name lowerCase(Name name) {
        return name.canonicalize();
    }
}
