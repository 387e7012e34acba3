package io.relaypod.lab.dns;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Master;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Type;

/**
 * The records of all zones, and the lookup of a name in them. Immutable. RFC 1034 section 4.3.2, RFC 2308 for absent
 * records, RFC 4592 for wildcards, RFC 8020 for names that exist only because of names below them.
 *
 * <p>Each SOA record begins a zone. All other names are in the root zone, which has a built-in SOA.
 */
final class Zones {

    /** The result of a lookup: the records, or the SOA that makes their absence cacheable. */
    record ZoneAnswer(int rcode, List<Record> records, Optional<Record> soa) {}

    private static final long DEFAULT_TTL = 300;
    private static final Name NOBODY = Name.fromConstantString("nobody.invalid.");
    private static final Record ROOT_SOA =
            new SOARecord(Name.root, DClass.IN, DEFAULT_TTL, NOBODY, NOBODY, 1, 3600, 600, 86400, DEFAULT_TTL);

    /** By name and type; an empty non-terminal is a name without types. */
    private final Map<Name, Map<Integer, List<Record>>> names = new HashMap<>();

    private Zones(List<Record> records) {
        add(ROOT_SOA);
        for (Record record : records) {
            add(record);
            addParents(record.getName());
        }
        List<Record> soa = Objects.requireNonNull(
                Objects.requireNonNull(names.get(Name.root)).get(Type.SOA));
        if (soa.size() > 1) {
            soa.remove(ROOT_SOA);
        }
    }

    /** Parses a master file (RFC 1035 section 5), {@code $ORIGIN} and {@code $TTL} included. */
    static Zones parse(String masterText) {
        byte[] text = (masterText + "\n").getBytes(StandardCharsets.UTF_8);
        List<Record> records = new ArrayList<>();
        try (Master master = new Master(new ByteArrayInputStream(text), Name.root, DEFAULT_TTL)) {
            for (Record record = master.nextRecord(); record != null; record = master.nextRecord()) {
                records.add(record);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("not a master file: " + e.getMessage(), e);
        }
        return new Zones(records);
    }

    /** Looks a name up, and follows CNAMEs within the zone of the question. */
    ZoneAnswer lookup(Name question, int type) {
        Name zone = zoneOf(question);
        List<Record> records = new ArrayList<>();
        Set<Name> seen = new HashSet<>();
        Name name = question;
        while (seen.add(name) && zoneOf(name).equals(zone)) {
            Optional<Map<Integer, List<Record>>> found = find(name);
            if (found.isEmpty()) {
                return new ZoneAnswer(Rcode.NXDOMAIN, records, Optional.of(soaOf(name)));
            }
            List<Record> matching = matching(found.get(), type);
            if (!matching.isEmpty()) {
                records.addAll(matching);
                return new ZoneAnswer(Rcode.NOERROR, records, Optional.empty());
            }
            List<Record> alias = matching(found.get(), Type.CNAME);
            if (alias.isEmpty()) {
                return new ZoneAnswer(Rcode.NOERROR, records, Optional.of(soaOf(name)));
            }
            records.addAll(alias);
            name = ((CNAMERecord) alias.get(0)).getTarget();
        }
        return new ZoneAnswer(Rcode.NOERROR, records, Optional.empty());
    }

    private void add(Record record) {
        names.computeIfAbsent(record.getName(), name -> new HashMap<>())
                .computeIfAbsent(record.getType(), type -> new ArrayList<>())
                .add(record);
    }

    private void addParents(Name name) {
        for (int labels = 1; labels < name.labels(); labels++) {
            names.computeIfAbsent(new Name(name, labels), parent -> new HashMap<>());
        }
    }

    private Optional<Map<Integer, List<Record>>> find(Name name) {
        Map<Integer, List<Record>> exact = names.get(name);
        return exact != null ? Optional.of(exact) : fromWildcard(name);
    }

    private Optional<Map<Integer, List<Record>>> fromWildcard(Name name) {
        Name encloser = name;
        do {
            encloser = new Name(encloser, 1);
        } while (!names.containsKey(encloser));
        Map<Integer, List<Record>> wildcard = names.get(child("*", encloser));
        if (wildcard == null) {
            return Optional.empty();
        }
        Map<Integer, List<Record>> renamed = new HashMap<>();
        wildcard.forEach((type, records) -> renamed.put(
                type, records.stream().map(record -> renamed(record, name)).toList()));
        return Optional.of(renamed);
    }

    private static Name child(String label, Name parent) {
        try {
            return Name.concatenate(Name.fromString(label), parent);
        } catch (IOException e) {
            // No zone has a name that is too long.
            return NOBODY;
        }
    }

    private static Record renamed(Record record, Name owner) {
        return Record.newRecord(
                owner, record.getType(), record.getDClass(), record.getTTL(), record.rdataToWireCanonical());
    }

    private static List<Record> matching(Map<Integer, List<Record>> types, int type) {
        return type == Type.ANY
                ? types.values().stream().flatMap(List::stream).toList()
                : types.getOrDefault(type, List.of());
    }

    private Name zoneOf(Name name) {
        return soaOf(name).getName();
    }

    private Record soaOf(Name name) {
        for (int labels = 0; labels < name.labels(); labels++) {
            Map<Integer, List<Record>> types = names.getOrDefault(new Name(name, labels), Map.of());
            if (types.containsKey(Type.SOA)) {
                return types.get(Type.SOA).get(0);
            }
        }
        throw new IllegalStateException("the root has an SOA, so " + name + " has one");
    }
}
