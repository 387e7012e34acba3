package io.relaypod.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

import io.relaypod.dns.DnsAnswer.AddressRecords;
import io.relaypod.dns.DnsAnswer.Alias;
import io.relaypod.dns.DnsAnswer.MxRecords;
import io.relaypod.dns.DnsAnswer.NoRecords;
import io.relaypod.dns.DnsAnswer.NoSuchName;
import io.relaypod.dns.DnsAnswer.OtherRecords;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** Reads the answer for a name from a DNS message, in time proportional to the message's length. */
public final class DnsMessageReader {

    // Chains of aliases are short. Resolvers have about the same limit.
    public static final int MAX_ALIASES = 16;

    private static final int MAX_UNUSABLE = 3;

    private DnsMessageReader() {}

    /**
     * Follows the aliases in the message.
     *
     * @throws IOException if the message is no answer to the query: a failure, a lame referral (RFC 2308 section 2.2),
     *     contradicting records, or records outside the answer section
     */
    static DnsAnswer read(Message message, Name name, int type) throws IOException {
        int rcode = message.getRcode();
        if (rcode != Rcode.NOERROR && rcode != Rcode.NXDOMAIN) {
            throw new IOException(Rcode.string(rcode));
        }
        List<Record> answer = message.getSection(Section.ANSWER);
        Set<Name> names = withAliases(answer, name);
        List<Record> found = answer.stream().filter(isAbout(names, type)).toList();
        if (!found.isEmpty()) {
            if (rcode == Rcode.NXDOMAIN) {
                throw new IOException("NXDOMAIN beside records");
            }
            return records(found, type);
        }
        if (names.size() == 1 && answer.stream().anyMatch(DnsMessageReader::isUnrelated)) {
            throw new IOException("an answer to another question");
        }
        if (rcode == Rcode.NXDOMAIN) {
            return new NoSuchName(names.size() > 1);
        }
        if (names.size() > 1) {
            return new Alias(names.stream().reduce(name, (before, next) -> next));
        }
        if (isReferral(message)) {
            throw new IOException("lame answer");
        }
        if (Stream.of(Section.AUTHORITY, Section.ADDITIONAL)
                .flatMap(section -> message.getSection(section).stream())
                .anyMatch(isAbout(names, type))) {
            throw new IOException("records outside of the answer");
        }
        return new NoRecords();
    }

    private static Set<Name> withAliases(List<Record> answer, Name name) throws IOException {
        Map<Name, Name> aliases = new HashMap<>();
        for (Record record : answer) {
            if (record instanceof CNAMERecord alias) {
                aliases.putIfAbsent(alias.getName(), alias.getTarget());
            }
        }
        Set<Name> names = new LinkedHashSet<>(Set.of(name));
        for (Name next = aliases.get(name); next != null; next = aliases.get(next)) {
            if (!names.add(next) || names.size() > MAX_ALIASES) {
                throw new IOException("too many aliases");
            }
        }
        return names;
    }

    private static Predicate<Record> isAbout(Set<Name> names, int type) {
        return record ->
                record.getType() == type && record.getDClass() == DClass.IN && names.contains(record.getName());
    }

    // Signatures, and the DNAME from which an alias was made, are no answer on their own.
    private static boolean isUnrelated(Record record) {
        return record.getType() != Type.RRSIG && record.getType() != Type.DNAME;
    }

    private static DnsAnswer records(List<Record> found, int type) {
        return switch (type) {
            case Type.MX -> exchangers(found);
            case Type.A, Type.AAAA -> addresses(found);
            default -> new OtherRecords();
        };
    }

    private static DnsAnswer exchangers(List<Record> found) {
        List<Name> targets = found.stream()
                .map(MXRecord.class::cast)
                .sorted(Comparator.comparingInt(MXRecord::getPriority))
                .map(MXRecord::getTarget)
                .filter(target -> !target.equals(Name.root))
                .toList();
        List<Name> usable = targets.stream().filter(MailHostName::isUsable).toList();
        return new MxRecords(
                usable.stream().limit(DnsAnswer.MAX_KEPT).toList(),
                targets.stream()
                        .filter(Predicate.not(MailHostName::isUsable))
                        .limit(MAX_UNUSABLE)
                        .toList(),
                usable.size());
    }

    private static DnsAnswer addresses(List<Record> found) {
        List<InetAddress> addresses = found.stream()
                .map(record -> record instanceof ARecord a ? a.getAddress() : ((AAAARecord) record).getAddress())
                .toList();
        return new AddressRecords(
                addresses.stream()
                        .filter(MailHostAddress::isUsable)
                        .sorted(Comparator.comparing(MailHostAddress::isRoutable)
                                .reversed())
                        .limit(DnsAnswer.MAX_KEPT)
                        .toList(),
                addresses.stream()
                        .filter(Predicate.not(MailHostAddress::isUsable))
                        .limit(MAX_UNUSABLE)
                        .toList());
    }

    // NS without SOA in the authority section of an empty answer is a referral, and not NODATA.
    private static boolean isReferral(Message message) {
        return !message.getHeader().getFlag(Flags.AA)
                && message.getSection(Section.ANSWER).isEmpty()
                && hasType(message, Type.NS)
                && !hasType(message, Type.SOA);
    }

    private static boolean hasType(Message message, int type) {
        return message.getSection(Section.AUTHORITY).stream().anyMatch(record -> record.getType() == type);
    }
}
